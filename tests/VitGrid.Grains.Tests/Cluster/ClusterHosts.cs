using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Grains.Decoding;
using VitGrid.Grains.Hosting;
using VitGrid.Grains.Options;
using VitGrid.Grains.Tests.Grid;

namespace VitGrid.Grains.Tests.Cluster;

/// <summary>Processes of a grid, each a host of its own with real ports, as the product runs them; pictures are drawn from their bytes.</summary>
internal static class ClusterHosts
{
    public static ClusterOptions Cluster(RedisServer redis, TlsOptions? tls = null) => new() { Redis = redis.Address, UnixSocket = false, Tls = tls };

    public static IHost Worker(ClusterOptions cluster, Action<IServiceCollection>? configure = null) => Build(builder =>
    {
        builder.AddVitGrid(TestGrid.Options() with { Cluster = cluster, Shutdown = new() { DrainMilliseconds = 2_000 } });
        configure?.Invoke(builder.Services);
    });

    public static IHost FrontEnd(ClusterOptions cluster, CacheOptions? cache = null) =>
        Build(builder => builder.AddVitGridFrontEnd(TestGrid.Options() with { Models = [], Devices = [], Cluster = cluster, Cache = cache ?? new() }));

    public static async Task<float[]> EmbedAsync(IHost door, byte seed, CacheUse cache = CacheUse.Use)
    {
        await door.Services.GetRequiredService<ModelCatalog>().WhenLoadedAsync().WaitAsync(TestGrid.Patience);
        EmbeddingResult result = await door.Services.GetRequiredService<Embedder>().EmbedAsync(TestGrid.Picture(seed) with { Cache = cache }, CancellationToken.None);
        return result.Vector.ToArray();
    }

    private static IHost Build(Action<HostApplicationBuilder> add)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<PictureDecoder>((file, _, pixels) => pixels.Fill(file.Span[0]));
        add(builder);
        return builder.Build();
    }
}
