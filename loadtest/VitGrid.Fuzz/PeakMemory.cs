using System.Globalization;

namespace VitGrid.Fuzz;

/// <summary>
/// The most memory that the process has held since it was last asked, native libraries included. Linux alone tells it; elsewhere it is 0.
/// </summary>
internal static class PeakMemory
{
    private const string Reset = "/proc/self/clear_refs";
    private const string Status = "/proc/self/status";
    private const string Peak = "VmHWM:";
    private const string ResetPeak = "5";

    /// <summary>Begins anew, from what is held now; gives that, in bytes.</summary>
    public static long Begin()
    {
        if (!File.Exists(Reset))
            return 0;
        try
        {
            File.WriteAllText(Reset, ResetPeak);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The peak since the start: growths show once.
        }
        return Bytes();
    }

    /// <summary>The most since then, in bytes.</summary>
    public static long Bytes() => !File.Exists(Status) ? 0 : 1024 * File.ReadLines(Status)
        .Where(line => line.StartsWith(Peak, StringComparison.Ordinal))
        .Select(line => long.Parse(line[Peak.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture))
        .FirstOrDefault();
}
