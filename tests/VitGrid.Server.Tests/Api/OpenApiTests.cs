using System.Text.Json;

namespace VitGrid.Server.Tests.Api;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_document_holds_every_path_with_a_summary()
    {
        JsonElement paths = (await DocumentAsync()).GetProperty("paths");
        Assert.Equal(["/v1/embeddings", "/embeddings", "/images/embeddings", "/v1/features", "/v1/similarity", "/v1/classify", "/v1/models",
            "/v1/models/{id}", "/v1/files",
            "/v1/files/{id}", "/v1/files/{id}/content", "/v1/batches", "/v1/batches/{id}", "/v1/batches/{id}/cancel",
            "/v2", "/v2/health/live", "/v2/health/ready", "/v2/repository/index", "/v2/repository/models/{model}/load",
            "/v2/repository/models/{model}/unload", "/v2/models/{model}", "/v2/models/{model}/ready", "/v2/models/{model}/config",
            "/v2/models/{model}/infer", "/v2/embed", "/health/live", "/health/ready", "/info", "/"],
            paths.EnumerateObject().Select(path => path.Name));
        Assert.All(paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject()),
            operation => Assert.NotEmpty(operation.Value.GetProperty("summary").GetString()!));
    }

    [Fact]
    public async Task The_embeddings_operation_tells_its_request_forms_fields_and_errors()
    {
        JsonElement post = (await DocumentAsync()).GetProperty("paths").GetProperty("/v1/embeddings").GetProperty("post");
        JsonElement content = post.GetProperty("requestBody").GetProperty("content");
        Assert.Equal(["application/json", "multipart/form-data", "image/*", "application/octet-stream"], content.EnumerateObject().Select(
            form => form.Name));
        JsonElement fields = content.GetProperty("application/json").GetProperty("schema").GetProperty("properties");
        Assert.All(
            (string[])["model", "input", "messages", "encoding_format", "dimensions", "user", "pooling", "layer", "normalize",
                "embedding_type", "priority", "timeout_ms", "cache", "preprocess", "exif", "on_error"],
            field => Assert.True(fields.TryGetProperty(field, out _), field));
        Assert.Equal(["200", "400", "401", "403", "404", "408", "413", "415", "421", "422", "429", "500", "503", "504"], post.GetProperty(
            "responses").EnumerateObject().Select(status => status.Name).Order());
        Assert.Contains("unsupported_modality", post.GetProperty("responses").GetProperty("400").GetProperty(
            "description").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shapes_of_answers_and_errors_are_there_by_name()
    {
        JsonElement schemas = (await DocumentAsync()).GetProperty("components").GetProperty("schemas");
        Assert.All((string[])["EmbeddingsResponse", "EmbeddingItem", "ErrorResponse", "ModelsResponse", "ModelDescription"],
            name => Assert.True(schemas.TryGetProperty(name, out _), name));
        Assert.True(schemas.GetProperty("EmbeddingsUsage").GetProperty("properties").TryGetProperty("prompt_tokens", out _));
        Assert.True(schemas.GetProperty("EmbeddingVector").TryGetProperty("oneOf", out _));
    }

    private static async Task<JsonElement> DocumentAsync()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await door.GetAsync("/openapi/v1.json");
        Assert.True(answer.Status == 200, answer.Body);
        return answer.Json;
    }
}
