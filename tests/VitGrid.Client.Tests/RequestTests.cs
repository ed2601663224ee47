namespace VitGrid.Client.Tests;

/// <summary>What the client sends.</summary>
public sealed class RequestTests
{
    private static readonly ReadOnlyMemory<byte>[] Two = [new byte[] { 1, 2, 3 }, new byte[] { 0xfb, 0xef, 0xbe }];

    [Fact]
    public async Task Images_are_sent_as_base64_and_vectors_asked_for_in_base64()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Embeddings);
        await server.Client.EmbedAsync(Two);
        Assert.Equal(
            new(
                "POST /v1/embeddings", "application/json; charset=utf-8", null,
                """
                {"input":[{"image":"AQID"},{"image":"++++"}],"encoding_format":"base64",
                "embedding_type":"float","on_error":"fail"}
                """.ReplaceLineEndings("")),
            server.Single());
    }

    [Fact]
    public async Task Every_option_has_its_contracts_name_and_input_and_form_are_the_clients_own()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Embeddings);
        EmbeddingsRequest options = Every with { Input = ["mine"], EncodingFormat = "float", EmbeddingType = "int8", OnError = "partial" };
        await server.Client.EmbedAsync(Two, options);
        Assert.Equal(
            """
            {"model":"m","input":[{"image":"AQID"},{"image":"++++"}],"encoding_format":"base64","dimensions":192,"user":"u",
            "pooling":"mean","layer":-2,"normalize":false,"embedding_type":"float","priority":"bulk","timeout_ms":1000,
            "cache":"bypass","preprocess":"squash","on_error":"fail"}
            """.ReplaceLineEndings(""),
            server.Single().Body);
    }

    [Fact]
    public async Task A_request_is_sent_as_it_is_without_what_it_leaves_out()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Partial);
        await server.Client.SendAsync(new() { Input = ["data:image/png;base64,AQID"], OnError = "partial" });
        await server.Client.SendAsync(new());
        Assert.Equal(
            ["""{"input":["data:image/png;base64,AQID"],"on_error":"partial"}""", "{}"],
            server.Requests.Select(request => request.Body));
    }

    [Fact]
    public async Task Models_are_asked_for_with_a_get()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Models);
        await server.Client.ModelsAsync();
        Assert.Equal(new("GET /v1/models", null, null, ""), server.Single());
    }

    [Fact]
    public async Task A_base_address_with_a_path_and_headers_of_the_http_client_are_kept()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Models);
        server.Http.BaseAddress = new(server.Http.BaseAddress!, "/prefix/");
        server.Http.DefaultRequestHeaders.Authorization = new("Bearer", "key");
        await server.Client.ModelsAsync();
        Assert.Equal(new("GET /prefix/v1/models", null, "Bearer key", ""), server.Single());
    }

    private static EmbeddingsRequest Every { get; } = new()
    {
        Model = "m", Dimensions = 192, User = "u", Pooling = "mean", Layer = -2, Normalize = false, Priority = "bulk", TimeoutMs = 1000,
        Cache = "bypass", Preprocess = "squash",
    };
}
