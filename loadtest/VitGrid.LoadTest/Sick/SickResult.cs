using VitGrid.LoadTest.Failures;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Sick;

/// <summary>What one fault showed.</summary>
/// <param name="Fault">What was injected.</param>
/// <param name="Layout"><c>replicas</c> or <c>middle segment</c>.</param>
/// <param name="Tally">What the clients saw.</param>
/// <param name="Again">Images that began again, as the api says.</param>
internal sealed record SickResult(SickFault Fault, string Layout, Tally Tally, int Again)
{
    /// <summary>What the device was found to be; null: healthy all the time.</summary>
    public string? State { get; init; }

    /// <summary>From the fault until it was found, by the device's process.</summary>
    public TimeSpan? FoundAfter { get; init; }

    /// <summary>Why, in the process's words.</summary>
    public string? Reason { get; init; }

    /// <summary>The code with which its process ended; null: it did not.</summary>
    public int? ExitCode { get; init; }

    /// <summary>From the fault until the process had ended.</summary>
    public TimeSpan? EndedAfter { get; init; }

    /// <summary>Whether the device was found to be what was expected.</summary>
    public bool IsFound => Fault.Finding switch
    {
        Finding.Healthy => State is null,
        Finding.Slow => State == "slow",
        Finding.Out => State == "out",
        Finding.Lost => ExitCode == SickRun.DeviceLost,
        _ => true,
    };

    /// <summary>Whether it was found, nothing failed, and, unless it was silent, nothing was answered wrong.</summary>
    public bool Passed => IsFound && Tally is { Answered: > 0, Failed: 0 } && (Fault.IsSilent || Tally.Wrong == 0);

    /// <summary>A row of the table.</summary>
    public string Row() => Text(
        $"| {Layout} | {Fault.Name} | {Found()} | {Seconds(FoundAfter)} | "
            + $"{Again} | {Tally.Wrong} | {Tally.Failed} | {Tally.Answered} of {Tally.Sent} | "
            + $"{Seconds(Tally.LongestGap)} | {(Passed ? "yes" : "NO")} |");

    private string Found() =>
        (State ?? "not found") + (ExitCode is { } code ? Text($", exit {code} after {Seconds(EndedAfter)}") : "");

    private static string Seconds(TimeSpan? time) => time is { } known ? Text($"{known.TotalSeconds:0.00} s") : "–";
}

/// <summary>The results as markdown.</summary>
/// <param name="Command">The command that was run.</param>
/// <param name="Rates">Requests a second, by layout.</param>
/// <param name="Images">Different images sent in turn.</param>
/// <param name="Results">One a fault.</param>
internal sealed record SickReport(
    string Command, IReadOnlyDictionary<string, double> Rates, int Images, IReadOnlyList<SickResult> Results)
{
    /// <summary>Whether all passed.</summary>
    public bool Passed => Results.Count > 0 && Results.All(result => result.Passed);

    /// <summary>The report, line by line.</summary>
    public IEnumerable<string> Lines(string machine) =>
    [
        "```", machine, Command, "```", "",
        Text($"Redis, one api, three workers with a device each and internvit-nano, all on this machine; open loop, {Images} images in "
            + $"turn past the cache, every vector compared bit for bit with one process's."),
        .. Rates.Select(rate => Text($"{rate.Key}: {rate.Value:0.#} requests a second.")), "",
        "| layout | fault | device | found after | begun again | wrong | failed | answered | longest gap | as wanted |",
        "|---|---|---|---|---|---|---|---|---|---|",
        .. Results.Select(result => result.Row()), "",
        .. Results.Where(result => result.Reason is not null).Select(
            result => $"- {result.Layout}, {result.Fault.Name}: {result.Reason}"), "",
        Passed ? "PASSED" : "FAILED",
    ];
}
