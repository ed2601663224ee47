using VitGrid.Runtime.Backends;
using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>What every part of the grid is told at start. Read once, checked as a whole, never changed while it runs.</summary>
public abstract record GridSettings : ISettingRules
{
    /// <summary>The devices to place segments on.</summary>
    [Setting("devices to place segments on, as `--devices`; none named: every CUDA device, else one CPU device",
        Form = "devices such as `cpu:0`, `cpu:0=2GiB`, `cuda:1`")]
    public IReadOnlyList<DeviceSpec> Devices { get; init; } = [];

    /// <summary>How requests become batches.</summary>
    [Section]
    public BatchingOptions Batching { get; init; } = new();

    /// <summary>How much may wait.</summary>
    [Section]
    public QueueOptions Queue { get; init; } = new();

    /// <summary>What an image may cost, and how it is read.</summary>
    [Section]
    public ImageOptions Images { get; init; } = new();

    /// <summary>The embedding cache.</summary>
    [Section]
    public CacheOptions Cache { get; init; } = new();

    /// <summary>How this process takes part in a grid.</summary>
    [Section]
    public ClusterOptions Cluster { get; init; } = new();

    /// <summary>The indexing queue.</summary>
    [Section]
    public IndexingOptions Indexing { get; init; } = new();

    /// <summary>Images by URL.</summary>
    [Section]
    public UrlFetchOptions UrlFetch { get; init; } = new();

    /// <summary>How the process ends.</summary>
    [Section]
    public ShutdownOptions Shutdown { get; init; } = new();

    /// <inheritdoc/>
    public virtual IEnumerable<string> Faults(SettingPath path)
    {
        SettingPath queue = path[nameof(Queue)], images = queue[nameof(Queue.MaxImages)];
        return SettingPath.AtMost(
                path[nameof(Batching)][nameof(Batching.MaxBatchSize)], Batching.MaxBatchSize, images, Queue.MaxImages,
                "a full batch could never wait")
            .Concat(SettingPath.AtMost(
                path[nameof(Images)][nameof(Images.MaxFileBytes)], Images.MaxFileBytes, queue[nameof(Queue.MaxBytes)], Queue.MaxBytes,
                "the largest image would always be refused"))
            .Concat(SettingPath.AtMost(
                path[nameof(Indexing)][nameof(Indexing.MaxItems)], Indexing.IsOn ? Indexing.MaxItems : 0, images, Queue.MaxImages,
                "the grid would refuse what indexing begins"));
    }
}
