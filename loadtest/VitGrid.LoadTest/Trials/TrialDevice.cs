using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Trials;

/// <summary>What a trial's server computes with.</summary>
/// <param name="Name">As reports call it.</param>
/// <param name="Arguments">What makes <c>vitgrid serve</c> use it.</param>
/// <param name="IsJudged">Whether figures with it count.</param>
internal sealed record TrialDevice(string Name, IReadOnlyList<string> Arguments, bool IsJudged = true)
{
    /// <summary>The choice that means both.</summary>
    public const string Both = "both";

    private const string Permission = "VITGRID_INJECT_FAULTS";

    /// <summary>Nothing in particular: what the arguments of the trial say.</summary>
    public static TrialDevice AsTold { get; } = new("", []);

    /// <summary>The processor, which client, server and decoding share with it: what waits for a core there waits for no policy.</summary>
    public static TrialDevice Processor { get; } = new("cpu", ["--devices", "cpu:0"], IsJudged: false);

    /// <summary>
    /// A card of no make: it takes a time for a batch and one for each image, and no processor. The program that is started allows injected
    /// faults.
    /// </summary>
    public static TrialDevice Timed(double batchMilliseconds, double imageMilliseconds)
    {
        Environment.SetEnvironmentVariable(Permission, "1");
        string fault = Text($"cpu:0 timed batch={batchMilliseconds} image={imageMilliseconds}");
        return new("timed", ["--devices", "cpu:0", $"--VitGrid:Health:InjectFaults:0={fault}"]);
    }
}
