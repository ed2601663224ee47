using VitGrid.Engine.Models;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Images;
using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>Everything the grid is told at start: its settings, and the models where they lie.</summary>
public sealed record GridOptions : GridSettings
{
    /// <summary>Creates options with every default: one CPU device with every core.</summary>
    public GridOptions() => Devices = [ExecutionBackends.Processor];

    /// <summary>Creates options with settings that were read; a model is still to be named.</summary>
    /// <param name="settings">The settings.</param>
    public GridOptions(GridSettings settings)
        : base(settings)
    {
    }

    /// <summary>The models to serve; at least one, but none at a front end, which learns them from the workers.</summary>
    [Section]
    public required IReadOnlyList<ModelOptions> Models { get; init; }

    /// <summary>Devices that were there at an earlier start and are missing at this one, which goes on without them.</summary>
    public IReadOnlyList<MissingDevice> Missing { get; init; } = [];

    /// <inheritdoc/>
    public override IEnumerable<string> Faults(SettingPath path)
    {
        // A front end has neither.
        bool isFrontEnd = this is { Models.Count: 0, Devices.Count: 0, Cluster.IsClustered: true };
        SettingPath models = path[nameof(Models)];
        if (Models.Count == 0 && !isFrontEnd)
            yield return $"{models} is empty; name at least one checkpoint folder";
        if (Devices.Count == 0 && !isFrontEnd)
            yield return $"{path[nameof(Devices)]} is empty; name at least one, such as cpu:0";
        foreach (IGrouping<string, ModelOptions> same in Models.GroupBy(model => model.Name).Where(group => group.Count() > 1))
            yield return $"{models}: '{same.Key}' is the name of {same.Count()} models "
                + $"({string.Join(", ", same.Select(model => model.Directory))}); names must differ";
        foreach ((int index, ModelOptions model) in Models.Index())
        {
            if (TextTowerName.IsOne(model.Name))
                yield return $"{models[index][nameof(model.Name)]} is '{model.Name}', as text towers are called: choose another";
            if (PrecisionFault(model.Precision) is { } fault)
                yield return $"{models[index][nameof(model.Precision)]} of '{model.Name}' is {model.Precision}{fault}";
        }
        foreach (string fault in base.Faults(path))
            yield return fault;
    }

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
    public PreprocessProfile Profile(string? name, ImagePreprocessing preprocessing)
    {
        PreprocessProfile profile = PreprocessProfile.Resolve(name, preprocessing);
        return profile with
        {
            Exif = Images.ExifOrientation,
            Grey16 = Images.Grey16,
            FastDecode = profile.FastDecode || (name is null && Images.FastDecode),
        };
    }

    /// <summary>Segments of one model hand each other hidden states of one type, whatever device they lie on.</summary>
    private string? PrecisionFault(Precision precision)
    {
        IExecutionBackend[] backends = [.. Devices.Select(device => device.Backend).Distinct()];
        if (backends.Select(backend => backend.FindArithmetic(precision)?.Name).Distinct().Count() > 1)
            return $" over {Kinds(backends)} devices, {SpanRemedy(precision, backends)}";
        return backends.Select(backend => backend.Refusal(precision)).FirstOrDefault(refusal => refusal is not null);
    }

    private static string SpanRemedy(Precision precision, IReadOnlyList<IExecutionBackend> backends) =>
        backends.Select(backend => backend.FindArithmetic(Precision.Fp32)?.Name).Distinct().Count() == 1
            ? "which only fp32 can span; use fp32, or devices of one kind"
            : $"which do not compute the same in {precision}; use devices of one kind";

    private static string Kinds(IEnumerable<IExecutionBackend> backends) =>
        string.Join(" and ", backends.Select(backend => backend.Kind.ToUpperInvariant()).Order(StringComparer.Ordinal));
}

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

    /// <summary>What requests for features may take.</summary>
    [Section]
    public FeatureOptions Features { get; init; } = new();

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

    /// <summary>How a sick device is found.</summary>
    [Section]
    public HealthOptions Health { get; init; } = new();

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

/// <summary>One model to serve, where it lies.</summary>
public sealed record ModelOptions
{
    /// <summary>Most segments that may be asked for.</summary>
    public const int MaxSegments = 1_000;

    /// <summary>Most replicas that may be asked for.</summary>
    public const int MaxReplicas = 10_000;

    /// <summary>The name clients use.</summary>
    [Setting("the name clients use", Form = "a name that is not blank", Accepts = nameof(IsName))]
    public required string Name { get; init; }

    /// <summary>Folder of the checkpoint.</summary>
    public required string Directory { get; init; }

    /// <summary>Arithmetic; fp32 is what a CPU runs fastest without loss.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>Pipeline segments; 0 takes the fewest that fit the devices. At most the model's depth.</summary>
    [Setting("pipeline segments", Unit = "segments", Min = 0, Max = MaxSegments)]
    public int Segments { get; init; }

    /// <summary>Replicas in the grid; 0: as many as its devices hold usefully.</summary>
    [Setting("replicas in the grid", Unit = "replicas", Min = 0, Max = MaxReplicas)]
    public int Replicas { get; init; }

    /// <summary>Preprocessing profile; null takes the checkpoint's own.</summary>
    public string? Preprocess { get; init; }

    /// <summary>Whether SigLIP 2's tokenizer lower-cases texts; null: as its folder says, else yes.</summary>
    public bool? LowerCase { get; init; }

    private static bool IsName(string text) => !string.IsNullOrWhiteSpace(text);
}

/// <summary>How much may wait before requests are refused with 429.</summary>
public sealed record QueueOptions
{
    /// <summary>
    /// Images waiting for a model. One lane fills at most three quarters of it, and of <see cref="MaxBytes"/>, so that a flood in one
    /// leaves room for the other. Where several tenants wait, see <see cref="Queueing.FairShare"/>.
    /// </summary>
    [Setting("images waiting for a model; one lane fills at most three quarters", Unit = "images", Min = 1, Max = 1_000_000,
        Beside = "not below `Http:MaxInputs`")]
    public int MaxImages { get; init; } = 2_048;

    /// <summary>Bytes of request bodies and pixels held for waiting images, all models together.</summary>
    [Setting("request bodies and pixels held for waiting images, all models together; one lane fills at most three quarters",
        Unit = "bytes", Min = 1L << 20, Max = 1L << 40, Beside = "not below `Images:MaxFileBytes`")]
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Deadline of a request that names none.</summary>
    [Setting("deadline of a request without `timeout_ms`; what could not be answered in half of it is refused at once",
        Unit = "ms", Min = 1, Max = 3_600_000)]
    public int DefaultTimeoutMilliseconds { get; init; } = 60_000;

    /// <summary>Images of one lane that may wait a model.</summary>
    internal int LaneImages => Bound.LaneImages;

    /// <summary>Both bounds.</summary>
    internal QueueBound Bound => new(MaxImages, MaxBytes);
}

/// <summary>How much a queue of two lanes holds at most.</summary>
internal readonly record struct QueueBound(int Images, long Bytes)
{
    private const int ReservePart = 8;

    /// <summary>Images of one lane.</summary>
    public int LaneImages => Images - (Images / 4);

    /// <summary>Bytes of one lane.</summary>
    public long LaneBytes => Bytes - (Bytes / 4);

    /// <summary>An eighth more, at least one image.</summary>
    public QueueBound WithReserve => new(Images + Math.Max(1, Images / ReservePart), Bytes + (Bytes / ReservePart));

    /// <summary>
    /// Whether an image of <paramref name="bytes"/> fits beside what waits in <paramref name="all"/> lanes and in its own. The first image
    /// of a lane may take all bytes there are, or the largest would never be served.
    /// </summary>
    public bool Fits(Held all, Held lane, long bytes) =>
        all.Images < Images
        && lane.Images < LaneImages
        && all.Bytes + bytes <= Bytes
        && (lane.Images == 0 || lane.Bytes + bytes <= LaneBytes);
}

/// <summary>What waits: images and the bytes they hold.</summary>
internal readonly record struct Held(int Images, long Bytes);

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

/// <summary>What an image may cost, and how it is read.</summary>
public sealed record ImageOptions
{
    private static readonly ImageLimits Standard = new();

    /// <summary>Largest file.</summary>
    [Setting("the largest image file; a larger one is `image_too_large`", Unit = "bytes", Min = 1_000, Max = 1_000_000_000,
        Beside = "not above `Http:MaxBodyBytes`")]
    public long MaxFileBytes { get; init; } = Standard.MaxFileBytes;

    /// <summary>Largest width × height.</summary>
    [Setting("width × height of the largest image, from its header, before a pixel is decoded", Unit = "pixels", Min = 1, Max = 1L << 31)]
    public long MaxPixels { get; init; } = Standard.MaxPixels;

    /// <summary>What becomes of an EXIF orientation where a request does not say.</summary>
    [Setting("what becomes of an EXIF orientation where a request does not say (`exif`); a cache key of its own. Ignored as in the "
        + "reference code, and then told in a hint")]
    public ExifOrientation ExifOrientation { get; init; }

    /// <summary>What becomes of 16-bit grey.</summary>
    [Setting("16-bit grey: values above 255 become white, as Pillow does; or divided by 257")]
    public Grey16 Grey16 { get; init; }

    /// <summary>
    /// Whether models that name no profile decode large JPEG and WebP files at a part of their size: faster, not exact, under a cache
    /// key of its own. A request that names a profile gets what it names.
    /// </summary>
    [Setting("models that name no profile decode large JPEG and WebP files at a part of their size: faster, not exact "
        + "([Fast decoding](#fast-decoding)), a cache key of its own")]
    public bool FastDecode { get; init; }

    /// <summary>Memory that all decodes of the process may take at once; one image takes at most three quarters of it.</summary>
    [Setting("memory that all decodes together may take, estimated from the images' headers; what does not fit waits, and an image above "
        + "three quarters of it is `image_too_large`", Unit = "bytes", Min = 1L << 24, Max = 1L << 40,
        Default = "half of the memory that the process may use")]
    public long MaxDecodeBytes { get; init; } = StandardBytes;

    /// <summary>Whether images are decoded in processes of their own, where the program that runs can be started again.</summary>
    [Setting("images are decoded in up to `Images:DecodeThreads` processes of their own, which can be ended "
        + "([Decoding processes](#decoding-processes)); a program that embeds VitGrid decodes in itself")]
    public bool DecodeProcess { get; init; } = true;

    /// <summary>Longest that one image may take to decode, where it can be ended.</summary>
    [Setting("longest that one image may take to decode; past it the decoding process is ended and the image is `image_too_large`",
        Unit = "ms", Min = 100, Max = 3_600_000)]
    public int MaxDecodeMilliseconds { get; init; } = 30_000;

    /// <summary>Threads that decode.</summary>
    [Setting("threads that decode", Unit = "threads", Min = 1, Max = 1_024,
        Default = "one per core, at most one for each 256 MiB of memory, at least 2")]
    public int DecodeThreads { get; init; } = (int)Math.Clamp(StandardBytes >> 27, 2, Math.Max(2, Environment.ProcessorCount));

    /// <summary>What the decoder is told.</summary>
    public ImageLimits Limits => new()
    {
        MaxFileBytes = MaxFileBytes,
        MaxPixels = MaxPixels,
        MaxDecodeBytes = MaxImageDecodeBytes,
        MaxDecodeTime = TimeSpan.FromMilliseconds(MaxDecodeMilliseconds),
    };

    /// <summary>Most that one image may take of <see cref="MaxDecodeBytes"/>.</summary>
    internal long MaxImageDecodeBytes => MaxDecodeBytes / 4 * 3;

    // What the container allows, or a limit of the garbage collector.
    private static long StandardBytes => Math.Clamp(HostMachine.MemoryBytes / 2, 1L << 24, 1L << 40);
}

/// <summary>How the process ends.</summary>
public sealed record ShutdownOptions
{
    /// <summary>Longest time accepted requests may take to finish after the stop signal.</summary>
    [Setting("longest time for accepted requests after SIGTERM, and for a worker to hand over", Unit = "ms", Min = 1, Max = 3_600_000)]
    public int DrainMilliseconds { get; init; } = 60_000;

    /// <summary>Time after the last accepted answer during which late requests still get 503 instead of a closed port.</summary>
    [Setting("time after the last answer in which late requests still get 503", Unit = "ms", Min = 0, Max = 60_000)]
    public int LingerMilliseconds { get; init; } = 500;
}
