namespace VitGrid.LoadTest.Failures;

/// <summary>A run of failure experiments.</summary>
/// <param name="Server">Path of vitgrid.dll.</param>
/// <param name="Images">Folder of images to send, beside generated ones.</param>
/// <param name="Experiments">Names of the experiments, in the order in which they run.</param>
/// <param name="Rate">Requests a second; null measures what the grid can carry and takes a part of it.</param>
/// <param name="Pace">How long the quiet phases are.</param>
/// <param name="Logs">Folder for what every process writes.</param>
/// <param name="From">Path of another build's vitgrid.dll, with which the grid begins; null: with <paramref name="Server"/>.</param>
internal sealed record FailureOptions(
    string Server, string Images, IReadOnlyList<string> Experiments, double? Rate, Pace Pace, string Logs, string? From = null);

/// <summary>The lengths of an experiment's phases; what waits for the grid itself has limits, not lengths.</summary>
/// <param name="Capacity">Closed-loop load that finds the rate.</param>
/// <param name="Before">Steady load before the fault.</param>
/// <param name="Absence">How long a worker that ended stays away before its supervisor starts it again.</param>
/// <param name="After">Steady load once the grid is whole again.</param>
/// <param name="Limit">The longest one experiment may take before it is given up.</param>
internal sealed record Pace(TimeSpan Capacity, TimeSpan Before, TimeSpan Absence, TimeSpan After, TimeSpan Limit)
{
    /// <summary>For results worth keeping.</summary>
    public static Pace Full { get; } = new(Seconds(5), Seconds(8), Seconds(6), Seconds(4), Seconds(180));

    /// <summary>For every change: as short as the grid's own times allow.</summary>
    public static Pace Short { get; } = new(Seconds(2), Seconds(2), Seconds(2), Seconds(1), Seconds(120));

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);
}
