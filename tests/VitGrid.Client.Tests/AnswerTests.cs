using System.Text.Json;

namespace VitGrid.Client.Tests;

/// <summary>What the client makes of answers.</summary>
public sealed class AnswerTests
{
    [Fact]
    public async Task Vectors_in_base64_become_singles_in_the_order_of_the_images()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Embeddings);
        IReadOnlyList<float[]> vectors = await server.Client.EmbedAsync([new byte[] { 1 }, new byte[] { 2 }]);
        Assert.Equal([[1, -2], [0.5f, 0]], vectors);
    }

    [Fact]
    public async Task An_answer_is_read_with_numbers_errors_usage_and_fields_that_are_not_known()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Partial);
        EmbeddingsResponse answer = await server.Client.SendAsync(new());
        Assert.Equal(("list", "m", "emb-2", 1700000001), (answer.Object, answer.Model, answer.Id, answer.Created));
        Assert.Equal(new(65, 65, 1), answer.Usage);
        Assert.Equal(("embedding", 0, null), (answer.Data[0].Object, answer.Data[0].Index, answer.Data[0].Error));
        Assert.Equal((false, 0), (answer.Data[0].Embedding!.IsBase64, answer.Data[0].Embedding!.Bytes.Length));
        Assert.Equal([1, -2, 0.1f, 1e-7f], answer.Data[0].Embedding!.ToSingles());
        Assert.Equal(("error", 1, null), (answer.Data[1].Object, answer.Data[1].Index, answer.Data[1].Embedding));
        Assert.Equal(new("text is not an image", "invalid_request_error", "input[1]", "unsupported_modality"), answer.Data[1].Error);
    }

    [Fact]
    public async Task Models_are_read_with_every_field()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Models);
        IReadOnlyList<ModelDescription> models = await server.Client.ModelsAsync();
        ModelDescription nano = models[0], failed = models[1];
        Assert.Equal(("internvit-nano", "model", 1700000000, "vitgrid"), (nano.Id, nano.Object, nano.Created, nano.OwnedBy));
        Assert.Equal(("small", "00ff", "ready", null), (nano.Description, nano.Revision, nano.State, nano.Failure));
        Assert.Equal((192, 4, 65), (nano.Dimensions, nano.Layers, nano.Tokens));
        Assert.Equal(("crop", "fp32", "fp16"), (nano.Preprocess, nano.Precision, nano.CacheFormat));
        Assert.Equal([112, 112], nano.InputSize);
        Assert.Equal(["cls", "mean", "cls+mean"], nano.Poolings);
        Assert.Equal([new("0..3", "cpu:0")], nano.Segments);
        Assert.Equal(("big", "failed", "weights are cut off"), (failed.Id, failed.State, failed.Failure));
        Assert.Equal((null, null, null), (failed.Revision, failed.CacheFormat, failed.Description));
    }

    [Fact]
    public void Bytes_of_a_vector_that_are_no_whole_singles_are_refused_with_what_to_ask_for()
    {
        FormatException refused = Assert.Throws<FormatException>(() => EmbeddingVector.FromBytes(new byte[6]).ToSingles());
        Assert.Equal("6 bytes are not whole float32 values of 4 bytes; ask for embedding_type float", refused.Message);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"data":[""")]
    [InlineData("""{"object":"list"}""")]
    [InlineData("<html></html>")]
    [InlineData("""{"data":[{"object":"embedding","index":0,"embedding":7}],"model":"m","usage":{},"id":"x","created":1}""")]
    public async Task An_answer_that_is_no_answer_is_no_json_of_this_shape(string body)
    {
        await using StubServer server = await StubServer.StartAsync(body);
        await Assert.ThrowsAsync<JsonException>(() => server.Client.SendAsync(new()));
    }
}
