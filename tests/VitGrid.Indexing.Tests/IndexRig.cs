using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Work;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Tests;

/// <summary>
/// A real Redis, real workers, and around them a grid and a store that a test plays. An image is <c>data:</c> with a number; its vector
/// holds that number; the byte 255 stands for a damaged one.
/// </summary>
internal sealed class IndexRig : IAsyncDisposable
{
    public const string Model = "tiny";

    /// <summary>Only reached when something never happens; the assertion then says what.</summary>
    private static readonly TimeSpan RetryLimit = TimeSpan.FromSeconds(60);

    private readonly List<IndexWorker> _workers = [];
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private readonly RedisServer? _redis;

    private IndexRig(RedisServer? redis, IndexJobService service, QueueConnection connection) =>
        (_redis, Service, Connection, Address) = (redis, service, connection, redis?.Address ?? "");

    /// <summary>Under what address workers go to Redis.</summary>
    public string Address { get; set; }

    /// <summary>Called before each step of a job's sink; may fail or never return.</summary>
    public Func<string, string, Task> Hook { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Makes sinks instead of <see cref="Store"/>.</summary>
    public Func<string, string, IVectorSink>? Sinks { get; set; }

    /// <summary>What workers log.</summary>
    public Records Log { get; } = new();

    public RedisServer Redis => _redis!;

    public IndexJobService Service { get; }

    public QueueConnection Connection { get; }

    public IDatabase Database => Connection.Database;

    public StoredParts Store { get; } = new();

    public List<ModelInfo> Models { get; } = [Info(Model)];

    /// <summary>Name of the grid to which workers belong.</summary>
    public string Grid { get; set; } = "grid";

    /// <summary>Whether each worker is a grid of its own.</summary>
    public bool IsAlone { get; set; }

    /// <summary>What the grid answers.</summary>
    public Func<EmbeddingRequest, CancellationToken, Task<EmbeddingResult>> Embed { get; set; } = (request, _) => Task.FromResult(
        Answer(request));

    public IndexingOptions Options { get; set; } =
        new() { PartRows = 4, PartMilliseconds = 20, BackoffMilliseconds = 1, MaxBackoffMilliseconds = 20, ClaimMilliseconds = 500,
            MaxAttempts = 3 };

    /// <summary>Fetches what is behind a URL; default: nothing.</summary>
    public UrlFetcher Urls { get; set; } = new(new(), 1_000, TimeProvider.System);

    public static async Task<IndexRig> StartAsync()
    {
        RedisServer redis = await RedisServer.StartAsync();
        return new(redis, await IndexJobService.OpenAsync(redis.Address, NullLogger.Instance), await QueueConnection.OpenNowAsync(
            redis.Address));
    }

    /// <summary>On Redis servers of the test's own, which it ends.</summary>
    /// <param name="address">Where the queue is.</param>
    /// <param name="replicas">How many replicas confirm what is submitted and intended.</param>
    public static async Task<IndexRig> StartAsync(string address, int replicas)
    {
        IndexRig rig = new(null, await IndexJobService.OpenAsync(address, NullLogger.Instance, replicas: replicas),
            await QueueConnection.OpenNowAsync(address)) { Address = address };
        rig.Options = rig.Options with { ConfirmReplicas = replicas };
        return rig;
    }

    /// <summary>Runs a plain command.</summary>
    public Task<RedisResult> DoAsync(string command, params object[] arguments) => Database.ExecuteAsync(command, arguments);

    public static ModelInfo Info(string name) => ModelInfo.From(name, TinyFacts.Create(), ModelState.Ready) with { Fingerprint = "f1" };

    public static EmbeddingResult Answer(EmbeddingRequest request)
    {
        byte number = request.Image.Span[0];
        if (number == 255)
            throw new ImageException(ImageFault.DecodeFailed, "damaged");
        return new(Vector(number), false, 1, default);
    }

    /// <summary>The vector of an image, before it is normalised.</summary>
    public static float[] Vector(byte number) => [.. Enumerable.Range(1, 64).Select(i => (float)(number + i))];

    public static string Image(byte number) => $"data:image/png;base64,{Convert.ToBase64String([number])}";

    /// <summary>Writes a JSONL source of numbered images.</summary>
    public static string Source(IEnumerable<(string Id, byte Number)> items)
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("vitgrid-index-").FullName, "items.jsonl");
        File.WriteAllLines(file, items.Select(item => $$"""{"id":"{{item.Id}}","uri":"{{Image(item.Number)}}"}"""));
        return file;
    }

    public static IEnumerable<(string Id, byte Number)> Numbered(int count) =>
        Enumerable.Range(0, count).Select(i => ($"p{i:00000}", (byte)(i % 200)));

    /// <summary>Submits a source whole.</summary>
    public async Task<IndexJob> SubmitAsync(string job, string source, string model = Model)
    {
        IndexJob opened = await Service.OpenJobAsync(job, new(model, "jsonl:/nowhere/out.jsonl"), [source]);
        await Service.SubmitAsync(opened, [source], Options.MaxLength, new(_ => { }, _ => { }), CancellationToken.None);
        return await Service.FindAsync(job);
    }

    public Task<IndexJob> SubmitAsync(string job, int count) => SubmitAsync(job, Source(Numbered(count)));

    /// <summary>Starts a worker.</summary>
    /// <param name="models">What it sees served, where that is not <see cref="Models"/>.</param>
    public async Task<IndexWorker> WorkAsync(IReadOnlyList<ModelInfo>? models = null)
    {
        models ??= Models;
        IndexedGrid grid = new()
        {
            Name = Grid,
            IsAlone = IsAlone,
            Embed = (request, cancellation) => Embed(request, cancellation),
            FindModel = name => models.FirstOrDefault(model => model.Name == name),
            IsLoading = () => models.All(model => model.State == ModelState.Loading),
            ProfileKey = (model, settings) => settings.Preprocess ?? model.Profile.Key,
            Fetch = new ImageFetch(Options, new ImageLimits { MaxFileBytes = 1_000 }, Urls),
            CreateSink = (job, text) => Sinks?.Invoke(job, text) ?? Store.Sink(step => Hook(job, step)),
            Drain = TimeSpan.FromSeconds(1),
        };
        IndexMetrics metrics = new(new GridMetrics(_services.GetRequiredService<IMeterFactory>()));
        IndexWorker worker = new(Options with { Redis = Address }, grid, metrics, () => "worker", Log);
        _workers.Add(worker);
        await worker.StartedAsync(CancellationToken.None);
        return worker;
    }

    public static Task StopAsync(IndexWorker worker) => worker.StoppingAsync(CancellationToken.None).WaitAsync(RetryLimit);

    /// <summary>Waits until the job is as <paramref name="wanted"/>.</summary>
    public async Task<JobStatus> UntilAsync(string job, Func<JobStatus, bool> wanted)
    {
        using CancellationTokenSource limit = new(RetryLimit);
        while (true)
        {
            JobStatus status = (await Service.StatusAsync(job, CancellationToken.None)).Jobs.Single();
            if (wanted(status))
                return status;
            Assert.False(limit.IsCancellationRequested, $"the job never came to be as it should; last: {status}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
    }

    /// <summary>Waits until something is so.</summary>
    public static Task UntilAsync(Func<Task<bool>> wanted, string what) => Waits.UntilAsync(wanted, what);

    public Task<JobStatus> UntilOverAsync(string job) => UntilAsync(job, status => status.IsOver());

    public async Task<DeadLetter[]> DeadAsync(string job)
    {
        List<DeadLetter> letters = [];
        await foreach (DeadLetter letter in Service.DeadAsync(job))
            letters.Add(letter);
        return [.. letters];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IndexWorker worker in _workers)
        {
            await StopAsync(worker);
            worker.Dispose();
        }
        await Service.DisposeAsync();
        await Connection.DisposeAsync();
        Urls.Dispose();
        _redis?.Dispose();
        await _services.DisposeAsync();
    }
}
