using VitGrid.Engine.Models;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Options;

/// <summary>Everything the grid is told at start. Bound once, checked as a whole, never changed while it runs.</summary>
public sealed record GridOptions
{
    /// <summary>The models to serve; at least one, but none at a front end, which learns them from the workers.</summary>
    public required IReadOnlyList<ModelOptions> Models { get; init; }

    /// <summary>The devices to place segments on. Default: one CPU device with every core.</summary>
    public IReadOnlyList<DeviceSpec> Devices { get; init; } = [ExecutionBackends.Processor];

    /// <summary>How requests become batches.</summary>
    public BatchingOptions Batching { get; init; } = new();

    /// <summary>How much may wait.</summary>
    public QueueOptions Queue { get; init; } = new();

    /// <summary>The embedding cache.</summary>
    public CacheOptions Cache { get; init; } = new();

    /// <summary>What an image may cost.</summary>
    public ImageLimits Images { get; init; } = new();

    /// <summary>EXIF orientation for every profile. Default: ignored, as in the reference code.</summary>
    public ExifOrientation ExifOrientation { get; init; }

    /// <summary>16-bit grey for every profile. Default: clamped, as in the reference code.</summary>
    public Grey16 Grey16 { get; init; }

    /// <summary>Whether models whose profile is not named decode fast (<see cref="PreprocessProfile.FastDecode"/>). Default: no.</summary>
    public bool FastDecode { get; init; }

    /// <summary>Threads that decode images. Default: one a core; range 1–1024.</summary>
    public int DecodeThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>How this process takes part in a grid.</summary>
    public ClusterOptions Cluster { get; init; } = new();

    /// <summary>The indexing queue.</summary>
    public IndexingOptions Indexing { get; init; } = new();

    /// <summary>Images by URL.</summary>
    public UrlFetchOptions UrlFetch { get; init; } = new();

    /// <summary>How it ends.</summary>
    public ShutdownOptions Shutdown { get; init; } = new();

    /// <summary>The profile that a request asks <paramref name="model"/> for; null parts take the model's own.</summary>
    /// <exception cref="ArgumentException"><paramref name="name"/> is unknown; the message lists the known ones.</exception>
    public PreprocessProfile Profile(ModelInfo model, string? name, ExifOrientation? exif)
    {
        PreprocessProfile profile = name is null ? model.Profile : Profile(name, model.Preprocessing);
        return exif is { } asked ? profile with { Exif = asked } : profile;
    }

    /// <summary>
    /// The profile that <paramref name="name"/> means for a checkpoint under these options; see <see cref="PreprocessProfile.Resolve"/>.
    /// </summary>
    public PreprocessProfile Profile(string? name, ImagePreprocessing preprocessing) =>
        PreprocessProfile.Resolve(name, preprocessing) switch
        {
            var profile => profile with { Exif = ExifOrientation, Grey16 = Grey16,
                FastDecode = profile.FastDecode || (name is null && FastDecode) },
        };
}

/// <summary>One model to serve.</summary>
public sealed record ModelOptions
{
    /// <summary>The name clients use.</summary>
    public required string Name { get; init; }

    /// <summary>Folder of the checkpoint.</summary>
    public required string Directory { get; init; }

    /// <summary>Arithmetic. Default fp32, which a CPU runs fastest without loss.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>Pipeline segments; 0 (default) takes the fewest that fit the devices. Range 0–depth.</summary>
    public int Segments { get; init; }

    /// <summary>Replicas in the grid; 0 (default): as many as its devices hold usefully. Range 0–10,000.</summary>
    public int Replicas { get; init; }

    /// <summary>Preprocessing profile; null (default) takes the checkpoint's own.</summary>
    public string? Preprocess { get; init; }
}

/// <summary>How requests become batches.</summary>
public sealed record BatchingOptions
{
    /// <summary>Most images in one batch. Default 8; range 1–256.</summary>
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>
    /// Most arithmetic in one batch on CPU devices, in GFLOP; one image is always a batch. A CPU computes a large batch no faster than its
    /// images one by one, only later: the first answer waits for the last. Default 50, half a second of one core; range 1–1,000,000.
    /// </summary>
    public int MaxBatchGigaflop { get; init; } = 50;

    /// <summary>
    /// Longest time the first image of an unfilled batch waits for company while a device is idle, in milliseconds.
    /// Default 0: batches form while the device works. Range 0–1000.
    /// </summary>
    public int MaxDelayMilliseconds { get; init; }

    /// <summary>
    /// Batch sizes to leave at: as soon as one of them is reached the largest that is leaves, and the rest waits on. What reaches none
    /// leaves when <see cref="MaxDelayMilliseconds"/> has passed; without a delay at once. Default: none, which only prefers
    /// <see cref="MaxBatchSize"/>. At most 16 sizes, each 1–256 and not above <see cref="MaxBatchSize"/>; those above a model's own
    /// largest batch do not count for it.
    /// </summary>
    public IReadOnlyList<int> PreferredSizes { get; init; } = [];

    /// <summary>Interactive images taken for each bulk image while both wait. Default 4; range 1–100.</summary>
    public int InteractiveWeight { get; init; } = 4;

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

/// <summary>How much may wait before requests are refused with 429.</summary>
public sealed record QueueOptions
{
    /// <summary>
    /// Images waiting a model. Default 2,048; range 1–1,000,000. One lane fills at most three quarters of it, and of
    /// <see cref="MaxBytes"/>, so that a flood in one leaves room for the other.
    /// </summary>
    public int MaxImages { get; init; } = 2_048;

    /// <summary>
    /// Bytes of request bodies and pixels held for waiting images, all models together. Default 1 GiB; range 1 MiB–1 TiB.
    /// </summary>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Deadline of a request that names none, in milliseconds. Default 60,000; range 1–3,600,000.</summary>
    public int DefaultTimeoutMilliseconds { get; init; } = 60_000;

    /// <summary>Images of one lane that may wait a model.</summary>
    internal int LaneImages => MaxImages - (MaxImages / 4);

    /// <summary>
    /// Whether an image of <paramref name="bytes"/> fits beside what waits in <paramref name="all"/> lanes and in its own. The first image
    /// of a lane may take all bytes there are, or the largest would never be served.
    /// </summary>
    internal bool Fits(Held all, Held lane, long bytes) =>
        all.Images < MaxImages
        && lane.Images < LaneImages
        && all.Bytes + bytes <= MaxBytes
        && (lane.Images == 0 || lane.Bytes + bytes <= MaxBytes - (MaxBytes / 4));
}

/// <summary>What waits: images and the bytes they hold.</summary>
internal readonly record struct Held(int Images, long Bytes);

/// <summary>How the process ends.</summary>
public sealed record ShutdownOptions
{
    /// <summary>
    /// Longest time accepted requests may take to finish after the stop signal, in milliseconds. Default 60,000; range 1–3,600,000.
    /// </summary>
    public int DrainMilliseconds { get; init; } = 60_000;
}
