using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>How requests become batches.</summary>
public sealed record BatchingOptions : ISettingRules
{
    /// <summary>Most images in one batch.</summary>
    [Setting("most images in one batch", Unit = "images", Min = 1, Max = 256, Beside = "not above `Queue:MaxImages`")]
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>
    /// Most arithmetic in one batch on CPU devices; one image is always a batch. A CPU computes a large batch no faster than its
    /// images one by one, only later: the first answer waits for the last.
    /// </summary>
    [Setting("most arithmetic in one batch where a CPU takes part; one image is always a batch, and 50 are half a second of one core",
        Unit = "GFLOP", Min = 1, Max = 1_000_000)]
    public int MaxBatchGigaflop { get; init; } = 50;

    /// <summary>
    /// Longest time the first image of an unfilled batch waits for company while a device is idle; at 0 batches form while it works.
    /// </summary>
    [Setting("longest time the first image of an unfilled batch waits for company while a device is idle; at 0 batches form while it works",
        Unit = "ms", Min = 0, Max = 1_000)]
    public int MaxDelayMilliseconds { get; init; }

    /// <summary>
    /// Batch sizes to leave at: as soon as one of them is reached the largest that is leaves, and the rest waits on. What reaches none
    /// leaves when <see cref="MaxDelayMilliseconds"/> has passed; without a delay at once. None only prefers
    /// <see cref="MaxBatchSize"/>. Those above a model's own largest batch do not count for it.
    /// </summary>
    [Setting("a batch leaves at the largest of these that is reached; what reaches none waits for `Batching:MaxDelayMilliseconds`",
        Unit = "images", Min = 1, Max = 256, MaxCount = 16, Beside = "none above `MaxBatchSize`")]
    public IReadOnlyList<int> PreferredSizes { get; init; } = [];

    /// <summary>Interactive images taken for each bulk image while both wait.</summary>
    [Setting("interactive images taken for each bulk image while both wait", Unit = "images", Min = 1, Max = 100)]
    public int InteractiveWeight { get; init; } = 4;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(SettingPath path) => SettingPath.AtMost(
        path[nameof(PreferredSizes)], PreferredSizes.DefaultIfEmpty().Max(), path[nameof(MaxBatchSize)], MaxBatchSize,
        "no batch is that large");

    /// <summary>
    /// Most images in one batch of an encoder with these costs: <see cref="MaxBatchSize"/>; where a CPU takes part at most
    /// <see cref="MaxBatchGigaflop"/> worth, but one.
    /// </summary>
    public int SizeFor(EncoderCosts costs, IEnumerable<DeviceSpec> devices)
    {
        ArgumentNullException.ThrowIfNull(costs);
        return devices.Any(device => device.Backend.SharesHost)
            ? (int)Math.Clamp(MaxBatchGigaflop * 1e9 / costs.TotalFlops, 1, MaxBatchSize)
            : MaxBatchSize;
    }
}
