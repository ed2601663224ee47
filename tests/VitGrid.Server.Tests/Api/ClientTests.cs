using System.Net;
using VitGrid.Client;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Server.Api.Answers;

namespace VitGrid.Server.Tests.Api;

public sealed class ClientTests
{
    [Fact]
    public async Task The_client_gets_the_vectors_the_grid_made()
    {
        await using TestApi door = await TestApi.OpenAsync();
        IReadOnlyList<float[]> vectors = await new VitGridClient(door.Http)
            .EmbedAsync([FakeGrid.Image(1), FakeGrid.Image(2)], new EmbeddingsRequest { Pooling = "mean", Priority = "bulk" });
        Assert.Equal(VectorEncoding.Normalize(FakeGrid.VectorOf(FakeGrid.Image(1))), vectors[0]);
        Assert.Equal(VectorEncoding.Normalize(FakeGrid.VectorOf(FakeGrid.Image(2))), vectors[1]);
        Assert.All(door.Grid.Asked, asked => Assert.Equal((Pooling.Mean, Lane.Bulk), (asked.Pooling, asked.Lane)));
    }

    [Fact]
    public async Task The_client_reads_partial_answers_and_models()
    {
        await using TestApi door = await TestApi.OpenAsync();
        VitGridClient client = new(door.Http);
        EmbeddingsResponse response = await client.SendAsync(
            new() { Input = [Convert.ToBase64String(FakeGrid.Image(1)), "text"], OnError = "partial" });
        Assert.Equal(FakeGrid.Width, response.Data[0].Embedding!.ToSingles().Length);
        Assert.Equal("unsupported_modality", response.Data[1].Error!.Code);
        ModelDescription model = Assert.Single(await client.ModelsAsync());
        Assert.Equal(("internvit-nano", FakeGrid.Width, "0..1"), (model.Id, model.Dimensions, model.Segments[0].Blocks));
    }

    [Fact]
    public async Task A_refusal_carries_code_param_status_and_wait()
    {
        await using TestApi door = await TestApi.OpenAsync();
        VitGridClient client = new(door.Http);
        VitGridException text = await Assert.ThrowsAsync<VitGridException>(() => client.SendAsync(new() { Input = ["a cat"] }));
        Assert.Equal((HttpStatusCode.BadRequest, "unsupported_modality", "input[0]", null),
            (text.Status, text.Code, text.Param, text.RetryAfter));
        door.Grid.Answer = (_, _) => Task.FromException<EmbeddingResult>(new GridException(GridFault.Overloaded, "full"));
        VitGridException full = await Assert.ThrowsAsync<VitGridException>(() => client.EmbedAsync([FakeGrid.Image(1)]));
        Assert.Equal((HttpStatusCode.TooManyRequests, "overloaded", "full", TimeSpan.FromSeconds(1)),
            (full.Status, full.Code, full.Message, full.RetryAfter));
    }
}
