using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Texts;
using VitGrid.Tests.Golden;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>Texts of a front end that has no model's files, and of a worker that computes them.</summary>
public sealed class TextClusterTests
{
    [RedisFact]
    public Task A_front_end_fetches_the_tokenizer_and_its_vectors_are_the_workers() => AssertSameAsync("clip-laion", null);

    [RedisFact]
    public Task It_opens_it_as_the_worker_was_told_to() => AssertSameAsync("siglip2", lowerCase: false);

    [RedisFact]
    public Task It_cleans_texts_as_OpenCLIP_does() => AssertSameAsync("openclip-siglip", null);

    private static async Task AssertSameAsync(string model, bool? lowerCase)
    {
        string folder = TextModels.Copy(model);
        using RedisServer redis = await RedisServer.StartAsync();
        ClusterOptions cluster = ClusterHosts.Cluster(redis);
        using IHost worker = ClusterHosts.Worker(cluster, model: new() { Name = "two", Directory = folder, LowerCase = lowerCase });
        using IHost door = ClusterHosts.FrontEnd(cluster);
        await Task.WhenAll(worker.StartAsync(), door.StartAsync()).WaitAsync(Waits.Limit);
        ModelCatalog catalog = door.Services.GetRequiredService<ModelCatalog>();
        await catalog.WhenLoadedAsync().WaitAsync(Waits.Limit);
        ModelInfo served = catalog.Find("two")!;
        ModelInfo own = worker.Services.GetRequiredService<ModelCatalog>().Find("two")!;
        Assert.Equal(own.TextTower!.Text, served.TextTower!.Text);
        foreach (ExpectedText row in TextModels.Rows(model))
        {
            TokenIds ids = await TokenizeAsync(door, served, row.Text), same = await TokenizeAsync(worker, own, row.Text);
            Assert.Equal(same.Ids.ToArray(), ids.Ids.ToArray());
            EmbeddingResult result = await door.Services.GetRequiredService<Embedder>().EmbedAsync(
                new() { Model = "two", Text = ids, Cache = CacheUse.Bypass }, CancellationToken.None).WaitAsync(Waits.Limit);
            EmbeddingResult there = await worker.Services.GetRequiredService<Embedder>().EmbedAsync(
                new() { Model = "two", Text = ids, Cache = CacheUse.Bypass }, CancellationToken.None).WaitAsync(Waits.Limit);
            Assert.Equal(there.Vector.ToArray(), result.Vector.ToArray());
        }
        await Task.WhenAll(door.StopAsync(), worker.StopAsync()).WaitAsync(Waits.Limit);
        Directory.Delete(folder, recursive: true);
    }

    private static Task<TokenIds> TokenizeAsync(IHost host, ModelInfo model, string text) =>
        host.Services.GetRequiredService<TextTokenizers>().TokenizeAsync(model, text, true, CancellationToken.None).AsTask().WaitAsync(
            Waits.Limit);
}
