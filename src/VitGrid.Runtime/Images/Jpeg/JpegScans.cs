namespace VitGrid.Runtime.Images.Jpeg;

/// <summary>
/// What a JPEG's frame and scans cost a decoder. Of an image in several scans it holds every coefficient and visits them again for each
/// scan, whether the scan has data or not. Trusts nothing in the file; never refuses.
/// </summary>
internal sealed class JpegScans
{
    private const int CoefficientBytes = 2;
    private const int BlockSamples = 64;

    // An arithmetic decoder computes each bit of a coefficient, also behind the end of the data.
    private const int ArithmeticWork = 8;

    private JpegComponent[] _components = [];

    /// <summary>The frame's marker; 0 without one.</summary>
    public byte Process { get; private set; }

    /// <summary>Columns.</summary>
    public int Width { get; private set; }

    /// <summary>Rows.</summary>
    public int Height { get; private set; }

    /// <summary>Scans that a decoder reads.</summary>
    public int Scans { get; private set; }

    /// <summary>Samples that they visit.</summary>
    public long Work { get; private set; }

    /// <summary>Bytes of the coefficients; 0 where one scan holds the whole image.</summary>
    public long BufferBytes { get; private set; }

    /// <summary>Where the search ended.</summary>
    public int EndOffset { get; private set; }

    /// <summary>What the pixels need; null without a frame and a scan.</summary>
    public DecodeDemand? Demand => Process == 0 || Scans == 0 ? null : new()
    {
        Format = ImageFormat.Jpeg,
        Width = Width,
        Height = Height,
        Bands = _components.Length,
        BufferBytes = BufferBytes,
        Work = Work,
        Detail = Scans == 1 ? "" : System.FormattableString.Invariant($" and {Scans:N0} scans"),
    };

    private bool IsProgressive => Process is 0xc2 or 0xca;

    /// <summary>Follows the markers from the start of an image to the end of its only scan, or of the last.</summary>
    public static JpegScans Read(ReadOnlySpan<byte> file)
    {
        JpegScans scans = new();
        JpegMarkers markers = new(file, 0);
        while (markers.Next() is byte marker and not JpegMarkers.EndOfImage)
        {
            if (JpegMarkers.StandsAlone(marker) || marker < 0xc0)
                continue;
            if (markers.Segment() is not { } segment)
                break;
            if (JpegFrame.IsFrame(marker) && scans.Process == 0)
                scans.ReadFrame(marker, file[segment]);
            else if (marker == JpegMarkers.StartOfScan && scans.Process != 0 && !scans.AddScan(file[segment]))
                break;
        }
        scans.EndOffset = markers.Position;
        return scans;
    }

    private void ReadFrame(byte process, ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 6 || segment.Length < 6 + (3 * segment[5]))
            return;
        (Process, Height, Width) = (process, (segment[1] << 8) | segment[2], (segment[3] << 8) | segment[4]);
        _components = JpegComponent.Read(segment[6..], segment[5], Width, Height);
    }

    /// <summary>Counts a scan; false when no other follows that a decoder reads.</summary>
    private bool AddScan(ReadOnlySpan<byte> segment)
    {
        int count = segment.IsEmpty ? 0 : Math.Min(segment[0], (segment.Length - 1) / 2);
        long samples = 0;
        for (int i = 0; i < count; i++)
            samples += SamplesOf(segment[1 + (2 * i)]);
        Scans++;
        Work += samples * (Process is >= 0xc9 and <= 0xcf ? ArithmeticWork : 1);
        if (Scans == 1 && !IsProgressive && count == _components.Length)
            return false;
        if (Scans == 1)
            BufferBytes = _components.Sum(component => component.Blocks) * BlockSamples * CoefficientBytes;
        return true;
    }

    private long SamplesOf(byte id)
    {
        foreach (JpegComponent component in _components)
        {
            if (component.Id == id)
                return component.Blocks * BlockSamples;
        }
        return 0;
    }
}

/// <summary>A colour component of a JPEG's frame.</summary>
/// <param name="Id">By which scans name it.</param>
/// <param name="Blocks">Blocks of 8 × 8 samples, filled up to whole units.</param>
internal readonly record struct JpegComponent(byte Id, long Blocks)
{
    private const int Bytes = 3;

    /// <summary>Reads the components that a frame lists.</summary>
    public static JpegComponent[] Read(ReadOnlySpan<byte> listed, int count, int width, int height)
    {
        (int across, int down) = (1, 1);
        for (int i = 0; i < count; i++)
        {
            byte sampling = listed[(i * Bytes) + 1];
            (across, down) = (Math.Max(across, sampling >> 4), Math.Max(down, sampling & 15));
        }
        // A single component comes block by block, whatever its sampling says.
        if (count == 1)
            (across, down) = (1, 1);
        long units = RoundedUp(width, 8 * across) * RoundedUp(height, 8 * down);
        JpegComponent[] components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
        {
            byte sampling = listed[(i * Bytes) + 1];
            components[i] = new(listed[i * Bytes], count == 1 ? units : units * Math.Max(1, (sampling >> 4) * (sampling & 15)));
        }
        return components;
    }

    private static long RoundedUp(int length, int unit) => (length + unit - 1) / unit;
}
