using System.Buffers.Binary;

namespace VitGrid.Runtime.Images;

/// <summary>
/// What a BMP's headers say (BITMAPFILEHEADER, then BITMAPCOREHEADER to BITMAPV5HEADER), every number of it checked against the file.
/// </summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels; positive.</param>
/// <param name="TopDown">Whether the first stored row is the topmost.</param>
/// <param name="Bits">Bits of a pixel: 1, 4, 8 (palette), 16, 24 or 32.</param>
/// <param name="PixelOffset">Where the rows begin.</param>
/// <param name="RowBytes">Bytes from one stored row to the next.</param>
/// <param name="PaletteOffset">Where the palette begins.</param>
/// <param name="PaletteColours">Its entries; 0 without a palette.</param>
/// <param name="PaletteEntryBytes">3 (core header) or 4: blue, green, red, unused.</param>
/// <param name="Masks">Red, green and blue within a 16- or 32-bit pixel.</param>
internal sealed record BmpHeader(
    int Width, int Height, bool TopDown, int Bits, int PixelOffset, int RowBytes,
    int PaletteOffset, int PaletteColours, int PaletteEntryBytes, BmpMasks Masks)
{
    private const int FileHeaderBytes = 14;
    private const int CoreHeaderBytes = 12;
    private const int InfoHeaderBytes = 40;
    private const uint Uncompressed = 0;
    private const uint BitFields = 3;

    /// <summary>Reads and checks the headers.</summary>
    /// <exception cref="ImageException">Damaged, too large or of a kind that is not read.</exception>
    public static BmpHeader Parse(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        int headerBytes = HeaderBytes(file);
        bool core = headerBytes == CoreHeaderBytes;
        int width = core ? U16(file, 18) : I32(file, 18);
        long height = core ? U16(file, 20) : I32(file, 22);
        if (width < 1 || height == 0)
            throw Damaged($"claims {width}x{height} pixels");
        ImageDecoder.CheckSize(width, Math.Abs(height), limits);
        int bits = U16(file, core ? 24 : 28);
        uint compression = core ? Uncompressed : U32(file, 30);
        CheckKind(bits, compression);
        // Masks follow the shortest header or lie within a longer one: the same place, and before the palette.
        bool masked = compression == BitFields;
        int paletteOffset = FileHeaderBytes + headerBytes + (masked && headerBytes == InfoHeaderBytes ? BmpMasks.Bytes : 0);
        BmpHeader header = new(
            width, (int)Math.Abs(height), height < 0, bits, PixelsAt(file, paletteOffset), RowBytesOf(width, bits),
            paletteOffset, PaletteSize(bits, core ? 0 : U32(file, 46)), core ? 3 : 4,
            masked ? BmpMasks.Read(file) : BmpMasks.Default(bits));
        header.CheckExtent(file.Length);
        return header;
    }

    /// <summary>A refusal that says what is wrong with the file.</summary>
    public static ImageException Damaged(string what) => new(
        ImageFault.DecodeFailed, $"BMP image {what}; nothing of it is used: send the original file again");

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
        if (compression != Uncompressed && !(compression == BitFields && bits is 16 or 32))
            throw Unsupported($"has compression {compression} (1 and 2 are run lengths) at {bits} bits a pixel");
    }

    private static int PixelsAt(ReadOnlySpan<byte> file, int least)
    {
        uint offset = U32(file, 10);
        return offset >= least && offset <= file.Length ? (int)offset : throw Damaged(
            $"places its pixels at byte {offset} of {file.Length}, before the end of its headers or of the file");
    }

    private static int PaletteSize(int bits, uint claimed)
    {
        if (bits > 8)
            return 0;
        uint most = 1u << bits;
        return claimed <= most ? (int)(claimed == 0 ? most : claimed) : throw Damaged($"claims {claimed} colours at {bits} bits a pixel");
    }

    private static int RowBytesOf(int width, int bits)
    {
        long bytes = (((long)width * bits) + 31) / 32 * 4;
        return bytes <= Array.MaxLength ? (int)bytes : throw Damaged($"claims rows of {bytes} bytes");
    }

    private void CheckExtent(long fileBytes)
    {
        long pixelsEnd = PixelOffset + ((Height - 1L) * RowBytes) + ((((long)Width * Bits) + 7) / 8);
        long paletteEnd = PaletteOffset + ((long)PaletteColours * PaletteEntryBytes);
        if (Math.Max(pixelsEnd, paletteEnd) > fileBytes)
            throw Damaged($"of {Width}x{Height} pixels at {Bits} bits needs {Math.Max(pixelsEnd, paletteEnd)} bytes and has {fileBytes}");
    }

    private static ImageException Unsupported(string what) => new(
        ImageFault.UnsupportedFormat, $"BMP image {what}, which is not read: save it uncompressed with 24 bits a pixel, or as PNG");

    private static ushort U16(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(file[at..]);

    private static int I32(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadInt32LittleEndian(file[at..]);

    private static uint U32(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file[at..]);
}
