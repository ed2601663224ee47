using VitGrid.Engine.Options;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Hosting.Options;

/// <summary>
/// Section <c>VitGrid</c> of the configuration, read and checked once at start by <see cref="OptionsReader"/>. Sub-sections keep the names
/// of the contract; <see cref="GridMapping"/> hands the grid its part.
/// </summary>
internal sealed record ServerOptions
{
    /// <summary>This process's part of the grid. Default <c>all</c>.</summary>
    public GridRole Role { get; init; }

    /// <summary>The models to serve, in order. Default: none named, which serves <c>internvit-nano</c>.</summary>
    public IReadOnlyList<ModelSettings> Models { get; init; } = [];

    /// <summary>
    /// The devices to place segments on, e.g. <c>cpu:0,cuda:0=20GiB</c>. Default: none named, which takes every CUDA device, else one CPU
    /// device.
    /// </summary>
    public IReadOnlyList<DeviceSpec> Devices { get; init; } = [];

    /// <summary>How requests become batches.</summary>
    public BatchingOptions Batching { get; init; } = new();

    /// <summary>How much may wait.</summary>
    public QueueOptions Queue { get; init; } = new();

    /// <summary>What an image may cost, and how it is read.</summary>
    public ImageOptions Images { get; init; } = new();

    /// <summary>The embedding cache.</summary>
    public CacheOptions Cache { get; init; } = new();

    /// <summary>How this process takes part in a grid.</summary>
    public ClusterOptions Cluster { get; init; } = new();

    /// <summary>The indexing queue.</summary>
    public IndexingOptions Indexing { get; init; } = new();

    /// <summary>Images by URL.</summary>
    public UrlFetchOptions UrlFetch { get; init; } = new();

    /// <summary>The HTTP door.</summary>
    public HttpOptions Http { get; init; } = new();

    /// <summary>The end.</summary>
    public StopOptions Shutdown { get; init; } = new();
}

/// <summary>What a process of the grid does.</summary>
internal enum GridRole
{
    /// <summary>Devices, API and UI in one process.</summary>
    All,

    /// <summary>API and UI without devices: a client of the workers.</summary>
    Api,

    /// <summary>Devices; over HTTP only health, metrics and information.</summary>
    Worker,
}

/// <summary>A model as the operator names it.</summary>
internal sealed record ModelSettings
{
    /// <summary>Name, folder or hub id of the checkpoint. Required.</summary>
    public required string Model { get; init; }

    /// <summary>The name clients use; null (default) takes the folder's or the model's own.</summary>
    public string? Name { get; init; }

    /// <summary>Arithmetic: <c>auto</c> (null, default), <c>fp32</c>, <c>bf16</c>, <c>fp16</c>, <c>int8</c>.</summary>
    public Model.Segments.Precision? Precision { get; init; }

    /// <summary>Pipeline segments; 0 (default) takes the fewest that fit the devices. Range 0–1,000.</summary>
    public int Segments { get; init; }

    /// <summary>Replicas in the grid; 0 (default): as many as its devices hold usefully. Range 0–10,000.</summary>
    public int Replicas { get; init; }

    /// <summary>Preprocessing profile; null (default) takes the checkpoint's own.</summary>
    public string? Preprocess { get; init; }
}

/// <summary>What an image may cost, and how it is read.</summary>
internal sealed record ImageOptions
{
    /// <summary>
    /// Largest file, in bytes. Default 20,000,000; range 1,000–1,000,000,000; not above <see cref="HttpOptions.MaxBodyBytes"/>.
    /// </summary>
    public long MaxFileBytes { get; init; } = 20_000_000;

    /// <summary>Largest width × height, in pixels. Default 50,000,000; range 1–2,147,483,648.</summary>
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary><c>Ignore</c> (default, as the reference code) or <c>Apply</c>.</summary>
    public ExifOrientation ExifOrientation { get; init; }

    /// <summary><c>Clamp</c> (default, as the reference code) or <c>Scale</c>.</summary>
    public Grey16 Grey16 { get; init; }

    /// <summary>
    /// Whether models that name no <see cref="ModelSettings.Preprocess"/> decode large JPEG and WebP files at a part of their size:
    /// faster, not exact, under a cache key of its own. A request that names a profile gets what it names. Default <c>false</c>.
    /// </summary>
    public bool FastDecode { get; init; }

    /// <summary>Threads that decode images. Default: one a core; range 1–1,024.</summary>
    public int DecodeThreads { get; init; } = Environment.ProcessorCount;
}

/// <summary>The HTTP door.</summary>
internal sealed record HttpOptions
{
    /// <summary>
    /// Addresses to listen on, comma- or semicolon-separated; port 0 takes a free one. Default loopback only; <c>http</c> only.
    /// </summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:8080"];

    /// <summary>Largest request body, in bytes. Default 64,000,000; range 1,000–1,000,000,000.</summary>
    public long MaxBodyBytes { get; init; } = 64_000_000;

    /// <summary>
    /// Bytes of all bodies being read at once; more are refused with 429. Default 1 GiB; range 1 MiB–1 TiB; not below
    /// <see cref="MaxBodyBytes"/>.
    /// </summary>
    public long MaxBufferedBytes { get; init; } = 1L << 30;

    /// <summary>Images in one request. Default 256; range 1–10,000; not above <c>Queue:MaxImages</c>.</summary>
    public int MaxInputs { get; init; } = 256;

    /// <summary>Seconds an idle connection is kept. Default 130; range 1–86,400.</summary>
    public int KeepAliveSeconds { get; init; } = 130;
}

/// <summary>The end.</summary>
internal sealed record StopOptions
{
    /// <summary>Longest time accepted requests are waited for, in milliseconds. Default 60,000; range 1–3,600,000.</summary>
    public int DrainMilliseconds { get; init; } = 60_000;

    /// <summary>
    /// Time after the last accepted answer during which late requests still get 503 instead of a closed port, in milliseconds. Default
    /// 500; range 0–60,000.
    /// </summary>
    public int LingerMilliseconds { get; init; } = 500;
}
