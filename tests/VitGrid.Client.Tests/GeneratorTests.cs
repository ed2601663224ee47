using System.Text.Json;
using Microsoft.Extensions.AI;

namespace VitGrid.Client.Tests;

/// <summary>The client as Microsoft.Extensions.AI calls it.</summary>
public sealed class GeneratorTests
{
    private static readonly DataContent Image = new(new byte[] { 1, 2, 3 }, "image/png");

    [Fact]
    public async Task Images_become_vectors_with_model_time_and_usage()
    {
        await using StubServer server = await StubServer.StartAsync(Answer.With(1, 0));
        IEmbeddingGenerator<DataContent, Embedding<float>> generator = server.Client.AsImageEmbeddingGenerator("nano", 2);
        GeneratedEmbeddings<Embedding<float>> made = await generator.GenerateAsync(
            [Image, new("data:application/octet-stream;base64,BAUG")], new() { Dimensions = 2 });
        Assert.Equal([[0, 1], [1, 1]], made.Select(embedding => embedding.Vector.ToArray()));
        Assert.All(made, embedding => Assert.Equal(
            ("m", DateTimeOffset.FromUnixTimeSeconds(1700000000), 2), (embedding.ModelId, embedding.CreatedAt, embedding.Dimensions)));
        Assert.Equal((130, 130, 2), (made.Usage!.InputTokenCount, made.Usage.TotalTokenCount, made.Usage.AdditionalCounts!["images"]));
        Assert.Equal(
            """
            {"model":"nano","input":[{"image":"AQID"},{"image":"BAUG"}],"encoding_format":"base64","dimensions":2,
            "embedding_type":"float","on_error":"fail"}
            """.ReplaceLineEndings(""),
            server.Single().Body);
    }

    [Theory]
    [InlineData("a red house")]
    [InlineData("data:image/png;base64,AQID")]
    [InlineData("https://example.org/a.png")]
    public async Task A_text_is_sent_as_a_text_whatever_it_looks_like(string text)
    {
        await using StubServer server = await StubServer.StartAsync(Answer.With(0));
        await server.Client.AsTextEmbeddingGenerator().GenerateVectorAsync(text);
        JsonElement input = JsonDocument.Parse(server.Single().Body).RootElement.GetProperty("input");
        Assert.Equal(text, Assert.Single(input.EnumerateArray()).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Options_say_the_model_and_fields_of_the_request_by_their_names_or_by_a_request()
    {
        await using StubServer server = await StubServer.StartAsync(Answer.With(0));
        EmbeddingGenerationOptions options = new()
        {
            ModelId = "named",
            AdditionalProperties = new()
            {
                ["pooling"] = "mean", ["layer"] = -2, ["normalize"] = JsonDocument.Parse("false").RootElement, ["timeout_ms"] = 1000L,
                ["priority"] = "bulk", ["preprocess"] = "squash", ["exif"] = "apply", ["truncate"] = null,
            },
            RawRepresentationFactory = _ => new EmbeddingsRequest { Model = "made", Cache = "bypass", Pooling = "cls" },
        };
        await server.Client.AsImageEmbeddingGenerator("default").GenerateAsync([Image], options);
        Assert.Equal(
            """
            {"model":"named","input":[{"image":"AQID"}],"encoding_format":"base64","pooling":"mean","layer":-2,"normalize":false,
            "embedding_type":"float","priority":"bulk","timeout_ms":1000,"cache":"bypass","preprocess":"squash","exif":"apply",
            "on_error":"fail"}
            """.ReplaceLineEndings(""),
            server.Single().Body);
    }

    [Theory]
    [InlineData("poling", "mean", "the additional property 'poling' is not known; known are pooling, layer,")]
    [InlineData("layer", "2", "the additional property 'layer' is '2' (String); give a whole number")]
    [InlineData("pooling", 2, "the additional property 'pooling' is '2' (Int32); give a string")]
    [InlineData("normalize", "yes", "the additional property 'normalize' is 'yes' (String); give true or false")]
    public async Task What_is_not_understood_of_the_options_is_refused_before_anything_is_sent(string name, object value, string told)
    {
        await using StubServer server = await StubServer.StartAsync(Answer.With(0));
        EmbeddingGenerationOptions options = new() { AdditionalProperties = new() { [name] = value } };
        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(
            () => server.Client.AsImageEmbeddingGenerator().GenerateAsync([Image], options));
        Assert.StartsWith(told, refused.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Content_that_is_no_image_is_refused_and_nothing_is_no_request()
    {
        await using StubServer server = await StubServer.StartAsync(Answer.With(0));
        using IEmbeddingGenerator<DataContent, Embedding<float>> generator = server.Client.AsImageEmbeddingGenerator();
        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(
            () => generator.GenerateAsync([new(new byte[] { 65 }, "text/plain")]));
        Assert.StartsWith("the content is of type 'text/plain'", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await generator.GenerateAsync([]));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task It_tells_what_it_is_and_gives_out_the_client_beneath()
    {
        await using StubServer server = await StubServer.StartAsync(Answer.With(0));
        VitGridClient client = new(server.Http) { Model = "of-client" };
        IEmbeddingGenerator<string, Embedding<float>> generator = client.AsTextEmbeddingGenerator(dimensions: 256);
        EmbeddingGeneratorMetadata metadata = generator.GetService<EmbeddingGeneratorMetadata>()!;
        Assert.Equal(
            ("vitgrid", server.Http.BaseAddress, "of-client", 256),
            (metadata.ProviderName, metadata.ProviderUri, metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.Same(client, generator.GetService<VitGridClient>());
        Assert.Same(generator, generator.GetService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Null(generator.GetService<HttpClient>());
        Assert.Null(generator.GetService<VitGridClient>("key"));
    }

    [Fact]
    public async Task It_can_be_given_up_under_way()
    {
        TaskCompletionSource arrived = new();
        await using StubServer server = await StubServer.StartAsync(async context =>
        {
            arrived.SetResult();
            TaskCompletionSource left = new();
            using CancellationTokenRegistration gone = context.RequestAborted.Register(left.SetResult);
            await left.Task;
        });
        using CancellationTokenSource giveUp = new();
        Task running = server.Client.AsImageEmbeddingGenerator().GenerateAsync([Image], null, giveUp.Token);
        await arrived.Task;
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Content_is_made_of_streams_files_and_uris_within_a_bound()
    {
        byte[] png = [0x89, (byte)'P', (byte)'N', (byte)'G', 1, 2, 3];
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, png);
            await using StubServer server = await StubServer.StartAsync("RIFF----WEBP");
            using MemoryStream stream = new([.. new byte[5], .. png]) { Position = 5 };
            DataContent read = await ImageContent.FromStreamAsync(stream), opened = await ImageContent.FromUriAsync(new(file));
            DataContent fetched = await ImageContent.FromUriAsync(server.Http.BaseAddress!, server.Http);
            DataContent said = await ImageContent.FromUriAsync(new("data:image/gif;base64,AQID"));
            Assert.Equal(("image/png", "image/png", "image/webp", "image/gif"),
                (read.MediaType, opened.MediaType, fetched.MediaType, said.MediaType));
            Assert.Equal(png, read.Data.ToArray());
            Assert.Equal(png, opened.Data.ToArray());
            stream.Position = 0;
            await Assert.ThrowsAsync<InvalidDataException>(() => ImageContent.FromStreamAsync(stream, maxBytes: 11));
            Assert.Equal(12, (stream.Position = 0) + (await ImageContent.FromStreamAsync(stream, maxBytes: 12)).Data.Length);
            await Assert.ThrowsAsync<ArgumentException>(() => ImageContent.FromUriAsync(new("https://example.org/a.png")));
            await Assert.ThrowsAsync<ArgumentException>(() => ImageContent.FromUriAsync(new("ftp://example.org/a.png"), server.Http));
            await Assert.ThrowsAsync<ArgumentException>(() => ImageContent.FromUriAsync(new("a.png", UriKind.Relative)));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
