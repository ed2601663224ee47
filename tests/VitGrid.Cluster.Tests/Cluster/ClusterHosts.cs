using VitGrid.Runtime.Images.Decoding;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Cluster.Hosting;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>
/// Processes of a grid, each a host of its own with real ports, as the product runs them; images are drawn from their bytes.
/// </summary>
internal static class ClusterHosts
{
    public static ClusterOptions Cluster(RedisServer redis, TlsOptions? tls = null) =>
        new() { Redis = redis.Address, UnixSocket = false, Tls = tls };

    public static IHost Worker(
        ClusterOptions cluster, Action<IServiceCollection>? configure = null, ModelOptions? model = null) => Build(builder =>
    {
        GridOptions options = TestGrid.Options();
        builder.AddVitGrid(options with
        {
            Models = model is null ? options.Models : [model],
            Cluster = cluster,
            Shutdown = new() { DrainMilliseconds = 2_000 },
        });
        configure?.Invoke(builder.Services);
    });

    public static IHost FrontEnd(ClusterOptions cluster, CacheOptions? cache = null) =>
        Build(builder => builder.AddVitGridFrontEnd(
            TestGrid.Options() with { Models = [], Devices = [], Cluster = cluster, Cache = cache ?? new() }));

    public static async Task<float[]> EmbedAsync(IHost door, byte seed, CacheUse cache = CacheUse.Use)
    {
        await door.Services.GetRequiredService<ModelCatalog>().WhenLoadedAsync().WaitAsync(Waits.Limit);
        EmbeddingResult result = await door.Services.GetRequiredService<Embedder>().EmbedAsync(
            TestGrid.Image(seed) with { Cache = cache }, CancellationToken.None);
        return result.Vector.ToArray();
    }

    private static IHost Build(Action<HostApplicationBuilder> add)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<IImageDecoder>(new DrawnImages((file, pixels) => pixels.Fill(file[0])));
        add(builder);
        return builder.Build();
    }
}
