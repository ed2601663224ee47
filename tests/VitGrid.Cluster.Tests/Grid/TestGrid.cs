using VitGrid.Runtime.Images.Decoding;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using VitGrid.Runtime.Execution;
using VitGrid.Tests.Golden;
using VitGrid.Cluster.Hosting;
using VitGrid.Cluster.Segments;
using VitGrid.Engine.Caching;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>Called on the device's thread before a segment runs a batch: may hold it or fail it.</summary>
internal delegate void SegmentHook(BlockRange blocks);

/// <summary>
/// The whole grid in a test silo: real sessions over a tiny golden model; images are drawn from their bytes instead of decoded.
/// </summary>
internal sealed class TestGrid : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private TestGrid(InProcessTestCluster cluster) => _cluster = cluster;

    public Embedder Embedder => Get<Embedder>();

    public ModelCatalog Catalog => Get<ModelCatalog>();

    public static GridOptions Options(int segments = 1, int devices = 1, int maxBatchSize = 8) => new()
    {
        Models = [new() { Name = "tiny", Directory = GoldenFiles.Model("tiny-ln"), Segments = segments }],
        Devices = [.. Enumerable.Range(0, devices).Select(i => ExecutionBackends.Processor with { Ordinal = i })],
        Batching = new() { MaxBatchSize = maxBatchSize },
        Images = new() { DecodeThreads = 2 },
    };

    public static async Task<TestGrid> StartAsync(
        GridOptions options,
        SegmentHook? hook = null,
        TimeProvider? time = null,
        SegmentLoader? loader = null,
        IImageDecoder? decoder = null)
    {
        InProcessTestClusterBuilder builder = new(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(decoder ?? new DrawnImages(Draw));
            silo.Services.AddSingleton(loader ?? Hooked(hook));
            silo.Services.AddKeyedSingleton(GridClock.Key, time ?? TimeProvider.System);
            silo.Services.AddVitGrid(options);
        });
        TestGrid grid = new(builder.Build());
        await grid._cluster.DeployAsync();
        if (loader is null)
            await grid.Catalog.WhenLoadedAsync().WaitAsync(Waits.Limit);
        return grid;
    }

    public static EmbeddingRequest Image(byte seed) => new() { Model = "tiny", Image = new[] { seed } };

    public T Get<T>()
        where T : notnull => _cluster.Silos[0].ServiceProvider.GetRequiredService<T>();

    public Task<EmbeddingResult> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken = default) =>
        Embedder.EmbedAsync(request, cancellationToken).WaitAsync(Waits.Limit, CancellationToken.None);

    public async Task<float[]> VectorAsync(EmbeddingRequest request) => (await EmbedAsync(request)).Vector.ToArray();

    /// <summary>
    /// Drains, and says what anything still holds: batches in stages, flights, charges (of pixels too). All zero is clean.
    /// </summary>
    public async Task<(int Batches, int Flights, (int Images, long Bytes) Charged)> LeftAfterDrainAsync()
    {
        await Embedder.DrainAsync(CancellationToken.None).WaitAsync(Waits.Limit);
        // A stage lets go of a batch a moment after its vectors were sent back.
        Assert.True(SpinWait.SpinUntil(() => Batches == 0, Waits.Limit), "a stage never let go of a batch");
        return (Batches, Get<EmbeddingCache>().FlightCount, Get<Admission>().Held);
    }

    private int Batches => Get<SegmentHost>().Reports().Sum(stage => stage.InFlight);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    /// <summary>A loader of real sessions whose every run calls <paramref name="hook"/> first.</summary>
    public static SegmentLoader Hooked(SegmentHook? hook) => (checkpoint, settings) =>
        new HookedSession(SegmentLoading.Load(checkpoint, settings), hook);

    /// <summary>The byte 255 stands for a damaged file; any other is the seed of noise.</summary>
    private static void Draw(ReadOnlySpan<byte> file, Span<byte> pixels)
    {
        if (file[0] == 255)
            throw new ImageException(ImageFault.DecodeFailed, "damaged");
        new Random(file[0]).NextBytes(pixels);
    }
}
