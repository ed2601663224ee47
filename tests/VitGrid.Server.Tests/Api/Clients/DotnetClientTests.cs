using System.ClientModel;
using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using OpenAI.Embeddings;
using VitGrid.Client;
using VitGrid.Server.Tests.Api.Texts;
using VitGrid.Server.Tests.Cluster;
using EmbeddingGenerationOptions = Microsoft.Extensions.AI.EmbeddingGenerationOptions;

namespace VitGrid.Server.Tests.Api.Clients;

/// <summary>Clients as .NET programs use them, against a server process that serves both bundled models.</summary>
public sealed class DotnetClientTests(DotnetClientTests.Server server) : IClassFixture<DotnetClientTests.Server>
{
    private static readonly byte[][] Images =
        [.. TextServer.Drawings.Take(3).Select(drawing => File.ReadAllBytes(TextServer.PathOf("demo", drawing)))];

    [Fact]
    public async Task A_pipeline_of_Microsoft_Extensions_AI_with_cache_and_telemetry_asks_once_and_tells_what_it_did()
    {
        Counter sent = new();
        ConcurrentQueue<Activity> told = new();
        string source = $"{nameof(DotnetClientTests)}.pipeline";
        using ActivityListener listener = new()
        {
            ShouldListenTo = candidate => candidate.Name == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = told.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        ServiceCollection services = new();
        services.AddVitGridClient(options => (options.Endpoint, options.Model) = (new(server.Address), "internvit-nano"))
            .AddHttpMessageHandler(() => new Counting(sent));
        services.AddDistributedMemoryCache();
        services
            .AddEmbeddingGenerator(provider => provider.GetRequiredService<VitGridClient>().AsImageEmbeddingGenerator())
            .UseOpenTelemetry(sourceName: source)
            .UseDistributedCache();
        await using ServiceProvider provider = services.BuildServiceProvider();
        var generator = provider.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
        DataContent[] contents = [.. Images.Select(image => new DataContent(image, "image/png"))];
        EmbeddingGenerationOptions mean = new() { AdditionalProperties = new() { ["pooling"] = "mean" } };

        GeneratedEmbeddings<Embedding<float>> first = await generator.GenerateAsync(contents);
        GeneratedEmbeddings<Embedding<float>> again = await generator.GenerateAsync(contents);
        GeneratedEmbeddings<Embedding<float>> other = await generator.GenerateAsync(contents, mean);

        Assert.Equal(2, sent.Count);
        using VitGridClient client = new(server.Address);
        IReadOnlyList<float[]> expected = await client.EmbedAsync(Memory(), new() { Model = "internvit-nano" });
        IReadOnlyList<float[]> pooled = await client.EmbedAsync(Memory(), new() { Model = "internvit-nano", Pooling = "mean" });
        Assert.Equal(expected, Vectors(first));
        Assert.Equal(expected, Vectors(again));
        Assert.Equal(pooled, Vectors(other));
        UsageDetails usage = (await client.AsImageEmbeddingGenerator("internvit-nano").GenerateAsync(contents)).Usage!;
        Assert.Equal((3L * 65, 3L), (usage.InputTokenCount!.Value, usage.AdditionalCounts!["images"]));
        Assert.Equal(3, told.Count);
        Assert.All(told, activity => Assert.Equal("vitgrid", activity.GetTagItem("gen_ai.provider.name")));
        Assert.Equal("internvit-nano", told.First().GetTagItem("gen_ai.request.model"));
    }

    [Fact]
    public async Task Texts_and_images_in_one_request_or_by_two_generators_have_the_same_vectors()
    {
        using VitGridClient client = new(server.Address) { Model = "clip-nano" };
        IReadOnlyList<float[]> mixed = await client.EmbedInputsAsync(
            [EmbeddingInput.FromText("a strawberry"), EmbeddingInput.FromImage(Images[0]), "a black cat", EmbeddingInput.FromText("aGk=")]);
        Assert.Equal(mixed[0], (await client.AsTextEmbeddingGenerator().GenerateVectorAsync("a strawberry")).ToArray());
        DataContent drawing = new(Images[0], "image/png");
        Assert.Equal(mixed[1], (await client.AsImageEmbeddingGenerator().GenerateVectorAsync(drawing)).ToArray());
        Assert.Equal(mixed.Skip(2), await client.EmbedTextsAsync(["a black cat", "aGk="]));
        VitGridException refused = await Assert.ThrowsAsync<VitGridException>(
            () => client.EmbedTextsAsync(["words"], new() { Model = "internvit-nano" }));
        Assert.Equal(("unsupported_modality", "input[0]"), (refused.Code, refused.Param));
    }

    [Fact]
    public async Task A_file_a_stream_and_bytes_sent_as_they_are_have_the_vector_of_the_request_in_json()
    {
        using VitGridClient client = new(server.Address);
        EmbeddingsRequest options = new() { Model = "internvit-nano", Pooling = "cls+mean", Normalize = false, Layer = -2 };
        float[] expected = (await client.EmbedAsync([Images[0]], options))[0];
        using MemoryStream stream = new(Images[0]);
        Assert.Equal(expected, await client.EmbedFileAsync(TextServer.PathOf("demo", TextServer.Drawings[0]), options));
        Assert.Equal(expected, await client.EmbedImageAsync(stream, options));
        Assert.Equal(expected, await client.EmbedImageAsync(Images[0], options));
    }

    [Fact]
    public async Task A_folder_is_embedded_in_order_and_a_file_that_is_no_image_has_an_error()
    {
        using VitGridClient client = new(server.Address) { Model = "internvit-nano" };
        IAsyncEnumerable<string> files = TextServer.Drawings.Append("card").ToAsyncEnumerable();
        List<EmbedResult<string>> results = await client.EmbedManyAsync(
            files,
            async (name, token) => EmbeddingInput.FromImage(await File.ReadAllBytesAsync(
                name == "card" ? TextServer.PathOf("README.md") : TextServer.PathOf("demo", name), token)),
            new() { BatchSize = 4 }).ToListAsync();
        Assert.Equal([.. TextServer.Drawings, "card"], results.Select(result => result.Item));
        Assert.Equal(["card"], results.Where(result => result.Error is not null).Select(result => result.Item));
        Assert.Equal(await client.EmbedAsync([Images[2]]), [results[2].Vector!]);
    }

    [Fact]
    public async Task OpenAIs_own_client_gets_the_same_vectors_and_reads_the_errors()
    {
        EmbeddingClient openAi = OpenAi("internvit-nano"), texts = OpenAi("clip-nano");
        using VitGridClient client = new(server.Address);
        IReadOnlyList<float[]> expected = await client.EmbedAsync(Memory(), new() { Model = "internvit-nano" });
        OpenAIEmbeddingCollection made = await openAi.GenerateEmbeddingsAsync(TextServer.Drawings.Take(3).Select(TextServer.DataUri));
        Assert.Equal(expected, made.Select(embedding => embedding.ToFloats().ToArray()));
        Assert.Equal((3 * 65, "internvit-nano"), (made.Usage.InputTokenCount, made.Model));
        OpenAIEmbedding words = await texts.GenerateEmbeddingAsync("a red house");
        Assert.Equal((await client.EmbedTextsAsync(["a red house"], new() { Model = "clip-nano" }))[0], words.ToFloats().ToArray());
        ClientResultException refused = await Assert.ThrowsAsync<ClientResultException>(() => openAi.GenerateEmbeddingAsync("a red house"));
        Assert.Equal(400, refused.Status);
        Assert.Contains("unsupported_modality", refused.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Memory() => Images.Select(image => new ReadOnlyMemory<byte>(image));

    private static IEnumerable<float[]> Vectors(GeneratedEmbeddings<Embedding<float>> made) =>
        made.Select(embedding => embedding.Vector.ToArray());

    private EmbeddingClient OpenAi(string model) =>
        new(model, new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = new($"{server.Address}/v1") });

    private sealed class Counter
    {
        public int Count;
    }

    private sealed class Counting(Counter counter) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref counter.Count);
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>The server as its command starts it.</summary>
    public sealed class Server : IAsyncLifetime
    {
        private StartedProcess _process = null!;

        internal string Address { get; private set; } = "";

        /// <inheritdoc/>
        public async Task InitializeAsync()
        {
            _process = StartedProcess.VitGrid("serve", "--urls", "http://127.0.0.1:0");
            Address = await _process.ReadyAsync();
        }

        /// <inheritdoc/>
        public Task DisposeAsync()
        {
            _process.Dispose();
            return Task.CompletedTask;
        }
    }
}
