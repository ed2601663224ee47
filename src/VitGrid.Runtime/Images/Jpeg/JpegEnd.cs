namespace VitGrid.Runtime.Images.Jpeg;

/// <summary>
/// Follows a JPEG of one scan to its end as the reference does. Its decoder reads on after the last pixel and refuses the file when what
/// follows is no valid marker: the trace of a bit that flipped in the pixels' data. libvips stops at the last pixel and would give
/// others.
/// </summary>
internal static class JpegEnd
{
    /// <summary>Whether the reference's decoder comes to the end of the image, or of the file, without an error.</summary>
    public static bool IsReached(ReadOnlySpan<byte> file, JpegFrame frame)
    {
        JpegMarkers markers = new(file, frame.ScanOffset);
        byte pending = 0;
        long restarts = frame.RestartInterval == 0 ? 0 : (frame.Units - 1) / frame.RestartInterval;
        for (long restart = 0; restart < restarts; restart++)
        {
            if (!PassRestart(ref markers, (int)(restart & 7), ref pending))
                return true;
        }
        while (pending != 0 || Step(ref markers, out pending))
        {
            if (pending == JpegMarkers.EndOfImage)
                return true;
            if (!JpegMarkers.StandsAlone(pending) || pending == JpegMarkers.StartOfImage)
            {
                if (!JpegTables.IsTakenAfterScan(pending) || pending == JpegMarkers.StartOfImage)
                    return false;
                if (markers.Segment() is not { } segment)
                    return true;
                if (!JpegTables.IsWellFormed(pending, file[segment]))
                    return false;
            }
            pending = 0;
        }
        return true;
    }

    /// <summary>
    /// libjpeg's rule for a restart marker that is not the expected one: an earlier one or nonsense is passed over, one of the next two
    /// or another valid marker stays pending, any other is taken for the expected one. False at the end of the file.
    /// </summary>
    private static bool PassRestart(ref JpegMarkers markers, int expected, ref byte pending)
    {
        if (pending == 0 && !Step(ref markers, out pending))
            return false;
        while (true)
        {
            if (pending is >= 0xc0 and (< JpegMarkers.FirstRestart or > JpegMarkers.FirstRestart + 7))
                return true;
            int ahead = pending < 0xc0 ? -1 : (pending - JpegMarkers.FirstRestart - expected) & 7;
            if (ahead is 1 or 2)
                return true;
            if (ahead is 0 or (>= 3 and <= 5))
            {
                pending = 0;
                return true;
            }
            if (!Step(ref markers, out pending))
                return false;
        }
    }

    private static bool Step(ref JpegMarkers markers, out byte marker)
    {
        byte? next = markers.Next();
        marker = next ?? 0;
        return next is not null;
    }
}
