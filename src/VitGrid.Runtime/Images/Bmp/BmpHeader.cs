using System.Buffers.Binary;

namespace VitGrid.Runtime.Images.Bmp;

/// <summary>
/// What a BMP's headers say (BITMAPFILEHEADER, then BITMAPCOREHEADER to BITMAPV5HEADER), its size held against the limits and its kind
/// checked.
/// </summary>
internal sealed record BmpHeader
{
    /// <summary>Bytes before the information header.</summary>
    public const int FileHeaderBytes = 14;

    private const int CoreHeaderBytes = 12;
    private const int InfoHeaderBytes = 40;
    private const uint Uncompressed = 0;
    private const uint Runs8 = 1;
    private const uint Runs4 = 2;
    private const uint BitFields = 3;

    /// <summary>Pixels of a row.</summary>
    public required int Width { get; init; }

    /// <summary>Rows; positive.</summary>
    public required int Height { get; init; }

    /// <summary>Whether the first stored row is the topmost.</summary>
    public required bool TopDown { get; init; }

    /// <summary>Bits of a pixel: 1, 4, 8 (palette), 16, 24 or 32.</summary>
    public required int Bits { get; init; }

    /// <summary>Bits of an index within run lengths, 8 or 4; 0 where pixels are not run lengths.</summary>
    public required int RunBits { get; init; }

    /// <summary>Where the file header places the pixels; 0 when it does not.</summary>
    public required uint StatedOffset { get; init; }

    /// <summary>Where the palette begins: behind the headers and the masks.</summary>
    public required int PaletteOffset { get; init; }

    /// <summary>Colours the header counts; 0 when it does not.</summary>
    public required uint Colours { get; init; }

    /// <summary>Bytes of a palette's colour, blue, green, red first: 3 (core header) or 4.</summary>
    public required int ColourBytes { get; init; }

    /// <summary>Red, green and blue within a 16- or 32-bit pixel.</summary>
    public required BmpMasks Masks { get; init; }

    /// <summary>Alpha within a 32-bit pixel; 0 without.</summary>
    public required uint AlphaMask { get; init; }

    /// <summary>Where the information header ends.</summary>
    public required int HeaderEnd { get; init; }

    /// <summary>Bytes from one stored row to the next.</summary>
    public int RowBytes => checked((int)((((long)Width * Bits) + 31) / 32 * 4));

    /// <summary>What the pixels need.</summary>
    public DecodeDemand Demand => new()
    {
        Format = ImageFormat.Bmp,
        Width = Width,
        Height = Height,
        Bands = Raster.PixelBytes,
        Work = (long)Width * Height,
    };

    /// <summary>Reads and checks the headers.</summary>
    /// <exception cref="ImageException">Damaged, too large or of a kind that is not read.</exception>
    public static BmpHeader Parse(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        int headerBytes = HeaderBytes(file);
        bool core = headerBytes == CoreHeaderBytes;
        long width = core ? U16(file, 18) : U32(file, 18);
        long height = core ? U16(file, 20) : U32(file, 22);
        bool topDown = !core && height >> 24 == 0xff;
        if (topDown)
            height = (1L << 32) - height;
        if (width < 1 || height < 1)
            throw Damaged($"claims {width}x{height} pixels");
        limits.Check(width, height);
        int bits = U16(file, core ? 24 : 28);
        uint compression = core ? Uncompressed : U32(file, 30);
        CheckKind(bits, compression);
        BmpMasks masks = compression == BitFields ? BmpMasks.Read(file, bits) : BmpMasks.Default(bits);
        int masksBehind = compression == BitFields && headerBytes == InfoHeaderBytes ? BmpMasks.Bytes : 0;
        return new()
        {
            Width = (int)width,
            Height = (int)height,
            TopDown = topDown,
            Bits = bits,
            RunBits = compression switch { Runs8 => 8, Runs4 => 4, _ => 0 },
            StatedOffset = U32(file, 10),
            HeaderEnd = FileHeaderBytes + headerBytes,
            PaletteOffset = FileHeaderBytes + headerBytes + masksBehind,
            Colours = core ? 0 : U32(file, 46),
            ColourBytes = core ? 3 : 4,
            AlphaMask = compression == BitFields && bits == 32 ? BmpMasks.AlphaOf(file, headerBytes) : 0,
            Masks = masks,
        };
    }

    /// <summary>Creates a refusal that says what is wrong with the file.</summary>
    public static ImageException Damaged(string what) => ImageRefusal.Damaged(ImageFormat.Bmp, what);

    /// <summary>Creates a refusal of a kind that is not read.</summary>
    public static ImageException Unsupported(string what) =>
        ImageRefusal.Unsupported(ImageFormat.Bmp, what, "save it uncompressed with 24 bits a pixel, or as PNG");

    private static int HeaderBytes(ReadOnlySpan<byte> file)
    {
        if (file.Length < FileHeaderBytes + 4)
            throw Damaged($"ends after {file.Length} bytes, within its headers");
        uint bytes = U32(file, FileHeaderBytes);
        if (bytes is not (CoreHeaderBytes or InfoHeaderBytes or 52 or 56 or 64 or 108 or 124))
            throw Unsupported($"has an information header of {bytes} bytes");
        if (file.Length < FileHeaderBytes + bytes)
            throw Damaged($"ends after {file.Length} bytes, within its headers");
        return (int)bytes;
    }

    private static void CheckKind(int bits, uint compression)
    {
        if (bits is not (1 or 4 or 8 or 16 or 24 or 32))
            throw Unsupported($"has {bits} bits a pixel");
        bool read = compression switch
        {
            Uncompressed => true,
            Runs8 or Runs4 => bits <= 8,
            BitFields => bits is 16 or 24 or 32,
            _ => false,
        };
        if (!read)
            throw Unsupported($"has compression {compression} (1 and 2 are run lengths) at {bits} bits a pixel");
    }

    private static ushort U16(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(file[at..]);

    private static uint U32(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file[at..]);
}
