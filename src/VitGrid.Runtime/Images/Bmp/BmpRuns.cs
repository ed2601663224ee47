namespace VitGrid.Runtime.Images.Bmp;

/// <summary>
/// Unpacks the run lengths of BMP (BI_RLE8, BI_RLE4) into indices as the reference does: pixels are counted over all rows, runs beyond
/// the end of a row are dropped, and of an odd number of single 4-bit pixels the last is not read. Trusts nothing in the file.
/// </summary>
internal ref struct BmpRuns
{
    private const byte EndOfRow = 0;
    private const byte EndOfImage = 1;
    private const byte Jump = 2;

    private readonly ReadOnlySpan<byte> _file;
    private readonly BmpHeader _header;
    private readonly Raster _raster;
    private readonly long _pixels;
    private int _at;
    private long _count;
    private int _column;

    private BmpRuns(ReadOnlySpan<byte> file, int at, BmpHeader header, Raster raster)
    {
        _file = file;
        (_at, _header, _raster) = (at, header, raster);
        _pixels = (long)header.Width * header.Height;
    }

    /// <summary>Decodes the pixels that begin at <paramref name="offset"/>.</summary>
    /// <exception cref="ImageException">They end before the last pixel, or the palette is black and white.</exception>
    public static Raster Read(ReadOnlySpan<byte> file, long offset, BmpHeader header, BmpPalette palette)
    {
        if (palette.Spread != 1)
            throw BmpHeader.Unsupported("has run lengths and a palette of black and white");
        Raster raster = Raster.Rent(header.Width, header.Height);
        BmpRuns runs = new(file, (int)Math.Min(offset, file.Length), header, raster);
        while (runs._count < runs._pixels && runs.ReadRun())
        {
        }
        if (runs._count < runs._pixels)
        {
            raster.Dispose();
            throw BmpHeader.Damaged($"has run lengths of {runs._count} pixels, not of {header.Width}x{header.Height}");
        }
        for (int row = 0; row < header.Height; row++)
            IndexedPixels.ToRgb(raster.Row(row), header.Width, palette.Colours);
        return raster;
    }

    private bool ReadRun()
    {
        if (_file.Length - _at < 2)
            return false;
        (byte length, byte value) = (_file[_at], _file[_at + 1]);
        _at += 2;
        if (length == 0)
            return ReadEscape(value);
        int count = Math.Min(length, _header.Width - Math.Min(_column, _header.Width));
        if (_header.RunBits == 8)
            Add(value, value, count);
        else
            Add((byte)(value >> 4), (byte)(value & 15), count);
        _column += count;
        return true;
    }

    private bool ReadEscape(byte code) => code switch
    {
        EndOfRow => EndRow(),
        EndOfImage => false,
        Jump => ReadJump(),
        _ => ReadSingles(code),
    };

    private bool EndRow()
    {
        long beyond = _count % _header.Width;
        Add(0, 0, beyond == 0 ? 0 : _header.Width - beyond);
        _column = 0;
        return true;
    }

    private bool ReadJump()
    {
        if (_file.Length - _at < 2)
            return false;
        Add(0, 0, _file[_at] + ((long)_file[_at + 1] * _header.Width));
        _at += 2;
        _column = (int)(_count % _header.Width);
        return true;
    }

    private bool ReadSingles(byte count)
    {
        int bytes = count * _header.RunBits / 8;
        ReadOnlySpan<byte> stored = _file.Slice(_at, Math.Min(bytes, _file.Length - _at));
        foreach (byte value in stored)
        {
            if (_header.RunBits == 8)
                Add(value, value, 1);
            else
                Add((byte)(value >> 4), (byte)(value & 15), 2);
        }
        _at += stored.Length;
        _column += count;
        // The reference aligns by the place in the file, not by the bytes of the run.
        _at += _at % 2;
        return stored.Length == bytes;
    }

    /// <summary>Appends pixels of two indices in turn; what passes the last pixel is only counted.</summary>
    private void Add(byte even, byte odd, long count)
    {
        for (long left = Math.Min(count, _pixels - Math.Min(_count, _pixels)), done = 0; done < left;)
        {
            long at = _count + done;
            (int row, int x) = ((int)(at / _header.Width), (int)(at % _header.Width));
            int run = (int)Math.Min(left - done, _header.Width - x);
            Span<byte> into = _raster.Row(_header.TopDown ? row : _header.Height - 1 - row).Slice(x, run);
            for (int pixel = 0; pixel < run; pixel++)
                into[pixel] = ((done + pixel) & 1) == 0 ? even : odd;
            done += run;
        }
        _count += count;
    }
}
