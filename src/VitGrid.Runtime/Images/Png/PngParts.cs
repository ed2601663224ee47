namespace VitGrid.Runtime.Images.Png;

/// <summary>The chunks of a PNG that decide its pixels, as the reference picks them.</summary>
internal ref struct PngParts
{
    private bool _odd;
    private bool _pixelsEnded;
    private int _headers;
    private int _palettes;
    private PngWindow _window;

    /// <summary>The last header before the pixels, a whole chunk; empty without one.</summary>
    public ReadOnlySpan<byte> Header { get; private set; }

    /// <summary>PNG's number of the kind of colours.</summary>
    public byte ColourType { get; private set; }

    /// <summary>The last palette before the pixels and behind a header; empty without one.</summary>
    public ReadOnlySpan<byte> Palette { get; private set; }

    /// <summary>The last EXIF data; empty without them.</summary>
    public ReadOnlySpan<byte> Exif { get; private set; }

    /// <summary>Where the first chunk of pixels begins.</summary>
    public int Pixels { get; private set; }

    /// <summary>Where the first run of such chunks ends.</summary>
    public int PixelsEnd { get; private set; }

    /// <summary>Whether the file holds all of that run.</summary>
    public bool AreComplete { get; private set; }

    /// <summary>Whether libpng reads the file as the reference does.</summary>
    public readonly bool IsPlain => !_odd && _headers == 1 && _palettes == (ColourType == PngHeader.Palette ? 1 : 0) && !_window.IsSmall;

    /// <summary>Walks the chunks.</summary>
    /// <exception cref="ImageException">The reference refuses one of them.</exception>
    public static PngParts Find(ReadOnlySpan<byte> file)
    {
        PngParts parts = new() { AreComplete = true };
        int at = PngChunk.SignatureBytes;
        while (at < file.Length)
        {
            PngChunk chunk = PngChunk.At(file, at);
            if (chunk.Is("IEND"u8))
                break;
            if (parts.PixelsEnd > 0 && chunk.IsBroken)
            {
                parts._odd = true;
                break;
            }
            PngDemands.Check(chunk, parts.ColourType, parts.PixelsEnd > 0);
            parts.Add(chunk, at);
            at += chunk.Whole.Length;
        }
        return parts;
    }

    private void Add(PngChunk chunk, int at)
    {
        bool pixels = chunk.Is("IDAT"u8);
        if (pixels && !_pixelsEnded)
            AddPixels(chunk, at);
        else if (PixelsEnd == 0)
            AddHead(chunk, at);
        else
            _pixelsEnded = true;
        _odd |= !chunk.IsKept || !chunk.IsSound || (pixels && _pixelsEnded);
        if (chunk.Is("eXIf"u8))
            Exif = chunk.Data;
    }

    private void AddPixels(PngChunk chunk, int at)
    {
        if (PixelsEnd == 0)
            Pixels = at;
        PixelsEnd = at + chunk.Whole.Length;
        AreComplete &= chunk.IsComplete;
        _window.Add(0, chunk.Data);
    }

    private void AddHead(PngChunk chunk, int at)
    {
        if (chunk.Is("IHDR"u8))
        {
            _odd |= at != PngChunk.SignatureBytes || PngHeader.IsOdd(chunk.Data);
            _headers++;
            Header = chunk.Whole;
            ColourType = PngHeader.ColourTypeOf(chunk.Data);
        }
        else if (chunk.Is("PLTE"u8))
        {
            _palettes++;
            _odd |= chunk.Data.Length % Raster.PixelBytes != 0;
            if (ColourType == PngHeader.Palette)
                Palette = chunk.Data;
        }
    }
}
