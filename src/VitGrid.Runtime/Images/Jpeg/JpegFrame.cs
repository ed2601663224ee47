namespace VitGrid.Runtime.Images.Jpeg;

/// <summary>What a JPEG's headers say before its first scan.</summary>
internal sealed class JpegFrame
{
    private const byte FirstFrame = 0xc0;
    private const byte Lossless = 0xc3;
    private const byte ArithmeticLossless = 0xcb;
    private const int FrameHeadBytes = 8;

    /// <summary>The frame's marker, C0 (baseline) to CF; 0 before one was found.</summary>
    public byte Process { get; private set; }

    /// <summary>Bits of a sample.</summary>
    public int Precision { get; private set; }

    /// <summary>Colour components.</summary>
    public int Components { get; private set; }

    /// <summary>Blocks that are decoded together, in the whole image.</summary>
    public long Units { get; private set; }

    /// <summary>Units from one restart marker to the next; 0 without them.</summary>
    public int RestartInterval { get; private set; }

    /// <summary>Components of the first scan.</summary>
    public int ScanComponents { get; private set; }

    /// <summary>Where the first scan's entropy-coded data begin.</summary>
    public int ScanOffset { get; private set; }

    /// <summary>Whether one scan holds the whole image, so that a decoder gives pixels before it has seen the end.</summary>
    public bool IsSingleScan => Process is 0xc0 or 0xc1 or 0xc9 && ScanComponents == Components;

    /// <summary>Reads the headers; null where they end or contradict themselves before a scan begins.</summary>
    /// <exception cref="ImageException">A reserved marker is among them, which libjpeg passes over and the reference refuses.</exception>
    public static JpegFrame? Read(ReadOnlySpan<byte> file)
    {
        JpegFrame frame = new();
        JpegMarkers markers = new(file, 2);
        while (markers.Next() is byte marker and not JpegMarkers.EndOfImage)
        {
            if (marker < FirstFrame)
                throw ImageRefusal.Damaged(ImageFormat.Jpeg, $"has the reserved marker FF{marker:X2} among its headers");
            if (JpegMarkers.StandsAlone(marker))
                continue;
            if (markers.Segment() is not { } segment)
                return null;
            if (IsFrame(marker) && frame.Process == 0)
                frame.ReadFrame(marker, file[segment]);
            else if (marker == JpegMarkers.DefineRestarts && segment.End.Value - segment.Start.Value == 2)
                frame.RestartInterval = (file[segment.Start.Value] << 8) | file[segment.Start.Value + 1];
            else if (marker == JpegMarkers.StartOfScan)
                return frame.ReadScan(file, segment);
        }
        return null;
    }

    /// <summary>Refuses kinds of JPEG that the reference does not read either.</summary>
    /// <exception cref="ImageException">Such a kind.</exception>
    public void CheckSupported()
    {
        if (Process is 0xc5 or 0xc6 or 0xc7 or 0xcd or 0xce or 0xcf)
            throw Unsupported($"is hierarchical (frame marker FF{Process:X2})");
        if (Precision != 8)
            throw Unsupported($"has {Precision} bits a sample");
        if (Components is not (1 or 3 or 4))
            throw Unsupported($"has {Components} colour components");
    }

    /// <summary>Whether the process is one that libvips may have been built without.</summary>
    public bool IsLossless => Process is Lossless or ArithmeticLossless;

    /// <summary>Creates the refusal of a kind that is not read.</summary>
    public static ImageException Unsupported(string what) =>
        ImageRefusal.Unsupported(ImageFormat.Jpeg, what, "save it as an ordinary JPEG (8 bits; grey, colour or CMYK) or as PNG");

    /// <summary>Whether a marker begins a frame of any process.</summary>
    public static bool IsFrame(byte marker) => marker is >= FirstFrame and <= 0xcf and not (0xc4 or 0xc8 or 0xcc);

    private void ReadFrame(byte process, ReadOnlySpan<byte> segment)
    {
        if (segment.Length < FrameHeadBytes - 2)
            return;
        (Process, Precision, Components) = (process, segment[0], segment[5]);
        (int height, int width) = ((segment[1] << 8) | segment[2], (segment[3] << 8) | segment[4]);
        if (segment.Length < FrameHeadBytes - 2 + (3 * Components) || Components == 0)
            return;
        (int across, int down) = Components == 1 ? (1, 1) : MaxSampling(segment[6..]);
        Units = RoundedUp(width, 8 * across) * RoundedUp(height, 8 * down);
    }

    private (int Across, int Down) MaxSampling(ReadOnlySpan<byte> components)
    {
        (int across, int down) = (1, 1);
        for (int component = 0; component < Components; component++)
        {
            byte sampling = components[(component * 3) + 1];
            (across, down) = (Math.Max(across, sampling >> 4), Math.Max(down, sampling & 15));
        }
        return (across, down);
    }

    private JpegFrame? ReadScan(ReadOnlySpan<byte> file, Range segment)
    {
        (ScanComponents, ScanOffset) = (segment.Start.Value < segment.End.Value ? file[segment.Start.Value] : 0, segment.End.Value);
        return Process == 0 ? null : this;
    }

    private static long RoundedUp(int length, int unit) => (length + unit - 1) / unit;
}
