using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest;

/// <summary>What a soak showed.</summary>
/// <param name="Options">What was run.</param>
/// <param name="Counts">What became of every request.</param>
/// <param name="Resident">Resident memory of the server in bytes, once a second, oldest first.</param>
/// <param name="ExitCode">The server's exit code after Ctrl-C.</param>
/// <param name="DrainTime">From Ctrl-C to the end of the process.</param>
internal sealed record SoakReport(SoakOptions Options, SoakCounts Counts, IReadOnlyList<long> Resident, int ExitCode, TimeSpan DrainTime)
{
    /// <summary>Growth that still counts as flat: what a few dozen images of request buffers may still add.</summary>
    private const long FlatBytes = 64L << 20;

    /// <summary>Memory after the first third, when every thread and buffer has been needed once.</summary>
    public long SettledBytes => Resident[Resident.Count / 3];

    /// <summary>Memory at the end of the steady load.</summary>
    public long FinalBytes => Resident[^1];

    /// <summary>Whether everything the soak asks for held.</summary>
    public bool Passed => Counts is { Right: > 0, Wrong: 0, Broken: 0 } && ExitCode == 0 && FinalBytes - SettledBytes <= FlatBytes;

    /// <summary>The report as lines of text.</summary>
    public IEnumerable<string> Lines()
    {
        yield return Text($"{Options.Clients} clients for {Options.Seconds} s, then Ctrl-C under load");
        yield return Text($"answered right (bit for bit)   {Counts.Right}  ({Counts.Right / (double)Options.Seconds:F0}/s)");
        yield return Text($"answered wrong                 {Counts.Wrong}");
        yield return Text($"refused with 503 draining      {Counts.Draining}");
        yield return Text($"no connection after the end    {Counts.Refused}");
        yield return Text($"cut as the port closed         {Counts.Cut}");
        yield return Text($"broken                         "
            + $"{Counts.Broken}{(Counts.FirstFault is { } fault ? $"  first fault: {fault}" : "")}");
        yield return Text($"resident memory                {Mebibytes(SettledBytes)} MiB after a third, {Mebibytes(FinalBytes)} MiB at "
            + $"the end");
        yield return Text($"exit code after Ctrl-C         {ExitCode}, {DrainTime.TotalSeconds:F2} s later");
        yield return Passed ? "PASSED" : "FAILED";
    }

    private static long Mebibytes(long bytes) => bytes >> 20;
}
