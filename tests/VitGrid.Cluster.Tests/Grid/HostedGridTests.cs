using VitGrid.Runtime.Images.Decoding;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Cluster.Hosting;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>The grid in hosts of its own, with real ports, as the product runs it.</summary>
public sealed class HostedGridTests
{
    [Fact]
    public async Task Two_hosts_on_one_machine_do_not_meet()
    {
        using IHost first = Build(), second = Build();
        await first.StartAsync();
        await second.StartAsync();
        float[] one = await EmbedAsync(first, 1), two = await EmbedAsync(second, 1);
        Assert.Equal(one, two);
        Assert.Equal(1, await SilosAsync(first));
        await first.StopAsync();
        Assert.NotEmpty(await EmbedAsync(second, 2));
        await second.StopAsync();
    }

    [Fact]
    public async Task Stopping_the_host_answers_accepted_requests_before_the_silo_goes()
    {
        Gate gate = new();
        using IHost host = Build(_ => gate.Pass());
        await host.StartAsync();
        // Only then is each request accepted before its call returns.
        await LoadedAsync(host);
        Task<float[]>[] accepted = [.. Enumerable.Range(0, 20).Select(i => EmbedAsync(host, (byte)i))];
        await gate.Arrived;
        Task stopping = host.StopAsync();
        Embedder embedder = host.Services.GetRequiredService<Embedder>();
        Assert.True(embedder.IsDraining);
        Assert.Equal(GridFault.Draining, (await Assert.ThrowsAsync<GridException>(() => EmbedAsync(host, 1))).Fault);
        gate.Open();
        await Task.WhenAll(accepted).WaitAsync(Waits.Limit);
        await stopping.WaitAsync(Waits.Limit);
    }

    private static IHost Build(SegmentHook? hook = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<IImageDecoder>(new DrawnImages((file, pixels) => pixels.Fill(file[0])));
        builder.Services.AddSingleton(TestGrid.Hooked(hook));
        builder.AddVitGrid(TestGrid.Options(segments: 2, devices: 2, maxBatchSize: 2));
        return builder.Build();
    }

    private static async Task<float[]> EmbedAsync(IHost host, byte seed)
    {
        await LoadedAsync(host);
        EmbeddingResult result = await host.Services.GetRequiredService<Embedder>().EmbedAsync(
            TestGrid.Image(seed), CancellationToken.None);
        return result.Vector.ToArray();
    }

    private static Task LoadedAsync(IHost host) =>
        host.Services.GetRequiredService<ModelCatalog>().WhenLoadedAsync().WaitAsync(Waits.Limit);

    private static async Task<int> SilosAsync(IHost host) =>
        (await host.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count;
}
