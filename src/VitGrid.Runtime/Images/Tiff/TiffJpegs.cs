using VitGrid.Runtime.Images.Jpeg;

namespace VitGrid.Runtime.Images.Tiff;

/// <summary>What the JPEG files cost that are the parts of a TIFF.</summary>
/// <param name="BufferBytes">Coefficients of the costliest part, in bytes.</param>
/// <param name="Scans">Scans of all parts.</param>
/// <param name="Work">Samples that they visit.</param>
internal readonly record struct TiffJpegs(long BufferBytes, long Scans, long Work)
{
    /// <summary>Follows each part's scans; parts at one place are followed once.</summary>
    /// <exception cref="ImageException">The parts overlap each other many times over.</exception>
    public static TiffJpegs Read(ReadOnlySpan<byte> file, TiffPage page)
    {
        TiffLayout layout = page.Layout;
        Dictionary<(long, long), JpegScans> known = [];
        long left = TiffLayout.MaxStoredBytes(file.Length);
        TiffJpegs all = default;
        for (int part = 0; part < layout.Offsets.Length; part++)
        {
            long at = layout.Offsets[part], bytes = layout.ByteCounts.Length > part ? layout.ByteCounts[part] : file.Length - at;
            if (!known.TryGetValue((at, bytes), out JpegScans? scans))
            {
                scans = JpegScans.Read(file.Slice((int)at, (int)bytes));
                known.Add((at, bytes), scans);
                left -= scans.EndOffset;
                if (left < 0)
                    throw layout.Overlapping(file.Length);
            }
            all = new(Math.Max(all.BufferBytes, scans.BufferBytes), all.Scans + scans.Scans, all.Work + scans.Work);
        }
        return all;
    }
}
