using VitGrid.Runtime.Faults;
using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>How a device that is sick is found, and when it comes back.</summary>
public sealed record HealthOptions : ISettingRules
{
    /// <summary>Whether devices compute images whose vectors are known, between batches.</summary>
    [Setting("devices compute a small image whose vector is known, between batches ([Sick devices](#sick-devices))")]
    public bool Probes { get; init; } = true;

    /// <summary>Longest time between two rounds of probes of a device.</summary>
    [Setting("longest time between two rounds of a device's probes; shorter while they take less than 0.5 % of its time, at the least 1 s",
        Unit = "ms", Min = 100, Max = 3_600_000)]
    public int ProbeMilliseconds { get; init; } = 30_000;

    /// <summary>How many times the median of its shape a run may take.</summary>
    [Setting("a run may take so many times the median of those of its model, segment and number of images; then its device is given up",
        Unit = "times", Min = 2, Max = 1_000)]
    public int RunFactor { get; init; } = 3;

    /// <summary>What every run may take, however short the others were.</summary>
    [Setting("what every run may take, however short the median: above the longest pause that a busy host makes",
        Unit = "ms", Min = 10, Max = 3_600_000)]
    public int RunFloorMilliseconds { get; init; } = 5_000;

    /// <summary>How long a run of a device that was given up may go on until the device counts as lost for ever.</summary>
    [Setting("a run that goes on so long after its device was given up is taken never to end: the device is lost to this process",
        Unit = "ms", Min = 10, Max = 3_600_000)]
    public int LostMilliseconds { get; init; } = 30_000;

    /// <summary>How long a device is out before probes may bring it back, the first time.</summary>
    [Setting("a device that was given up is probed after so long, and after twice as long each time that it does not stay well",
        Unit = "ms", Min = 10, Max = 3_600_000, Beside = "not above `Health:MaxBackoffMilliseconds`")]
    public int BackoffMilliseconds { get; init; } = 1_000;

    /// <summary>Longest time that a device is out before probes may bring it back.</summary>
    [Setting("the longest such time", Unit = "ms", Min = 10, Max = 86_400_000)]
    public int MaxBackoffMilliseconds { get; init; } = 300_000;

    /// <summary>How fast the weights that devices read where their files are mapped are read again and compared.</summary>
    [Setting("weights that are read where their files are mapped are compared with what was loaded, over and over, at this rate while "
        + "their devices are idle and a tenth of it while they are not; 0: never",
        Unit = "bytes a second", Min = 0, Max = 1_073_741_824)]
    public int ScrubBytesPerSecond { get; init; } = 16_777_216;

    /// <summary>How many of a thousand images are computed by a second replica as well.</summary>
    [Setting("so many of a thousand images are computed by a second replica as well, and compared; 0: none",
        Unit = "images", Min = 0, Max = 1_000)]
    public int SecondOpinionPerMille { get; init; }

    /// <summary>Faults to inject.</summary>
    [Setting("faults to inject, for tests alone: refused unless the environment has `VITGRID_INJECT_FAULTS=1`",
        Form = "faults such as `cpu:1 throw after=100`", Accepts = nameof(IsFault))]
    public IReadOnlyList<string> InjectFaults { get; init; } = [];

    /// <summary>Those faults.</summary>
    public IReadOnlyList<FaultSpec> FaultSpecs() => [.. InjectFaults.Select(FaultSpec.Parse)];

    /// <inheritdoc/>
    public IEnumerable<string> Faults(SettingPath path)
    {
        if (InjectFaults.Count > 0 && !FaultyBackend.IsAllowed)
            yield return $"{path[nameof(InjectFaults)]} names {InjectFaults.Count} faults to inject; that is for tests, whose environment "
                + $"has {FaultyBackend.Permission}=1: leave it empty";
        foreach (string fault in SettingPath.AtMost(
            path[nameof(BackoffMilliseconds)], BackoffMilliseconds, path[nameof(MaxBackoffMilliseconds)], MaxBackoffMilliseconds,
            "the first would be the longest"))
            yield return fault;
    }

    private static bool IsFault(string text) => FaultSpec.IsSpec(text);
}
