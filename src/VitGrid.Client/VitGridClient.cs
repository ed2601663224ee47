using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VitGrid.Client;

/// <summary>
/// Calls a VitGrid server over HTTP. <see cref="HttpClient.BaseAddress"/> is the server's root, e.g. <c>http://127.0.0.1:8080/</c>.
/// Stateless; any number of threads may call it.
/// </summary>
public sealed class VitGridClient(HttpClient http)
{
    /// <summary>The API key, sent as <c>Authorization: Bearer</c>; null sends what <see cref="HttpClient"/> sends by itself.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Embeds images; asks for base64, which is a third of the bytes and the same vectors.</summary>
    /// <param name="images">Encoded images (JPEG, PNG, WebP, …).</param>
    /// <param name="options">Everything but the input and the encoding; null takes the server's defaults.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <returns>One float32 vector an image, in order.</returns>
    /// <exception cref="VitGridException">The server refused the request or one of its images.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or broke off.</exception>
    /// <exception cref="JsonException">The response is no embeddings response.</exception>
    public async Task<IReadOnlyList<float[]>> EmbedAsync(
        IEnumerable<ReadOnlyMemory<byte>> images, EmbeddingsRequest? options = null, CancellationToken cancellationToken = default)
    {
        EmbeddingsRequest request = (options ?? new()) with
        {
            Input = [.. images.Select(image => Convert.ToBase64String(image.Span))],
            EncodingFormat = "base64",
            EmbeddingType = "float",
            OnError = "fail",
        };
        EmbeddingsResponse response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return [.. response.Data.Select(item => item.Embedding!.ToSingles())];
    }

    /// <summary>Sends a request as it is: every input and output form of the JSON body.</summary>
    /// <param name="request">The request's body.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <returns>The response, with items that failed where <see cref="EmbeddingsRequest.OnError"/> is <c>partial</c>.</returns>
    /// <exception cref="VitGridException">The server refused the request.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or broke off.</exception>
    /// <exception cref="JsonException">The response is no embeddings response.</exception>
    public async Task<EmbeddingsResponse> SendAsync(EmbeddingsRequest request, CancellationToken cancellationToken = default)
    {
        using HttpRequestMessage message = Message(HttpMethod.Post, "v1/embeddings");
        message.Content = JsonContent.Create(request, VitGridJson.Default.EmbeddingsRequest);
        using HttpResponseMessage answer = await http.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(answer, VitGridJson.Default.EmbeddingsResponse, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists the models the server serves.</summary>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <returns>Every model, in configured order.</returns>
    /// <exception cref="VitGridException">The server refused the request.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or broke off.</exception>
    /// <exception cref="JsonException">The response is no list of models.</exception>
    public async Task<IReadOnlyList<ModelDescription>> ModelsAsync(CancellationToken cancellationToken = default)
    {
        using HttpRequestMessage message = Message(HttpMethod.Get, "v1/models");
        using HttpResponseMessage answer = await http.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return (await ReadAsync(answer, VitGridJson.Default.ModelsResponse, cancellationToken).ConfigureAwait(false)).Data;
    }

    private HttpRequestMessage Message(HttpMethod method, string path)
    {
        HttpRequestMessage message = new(method, new Uri(path, UriKind.Relative));
        if (ApiKey is { } key)
            message.Headers.Authorization = new("Bearer", key);
        return message;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> shape, CancellationToken cancellationToken)
    {
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
            throw new VitGridException(answer.StatusCode, ReadError(answer, body), ReadRetryAfter(answer.Headers.RetryAfter));
        return JsonSerializer.Deserialize(body, shape)
            ?? throw new JsonException($"the answer of {answer.RequestMessage?.RequestUri} is null");
    }

    private static ErrorBody ReadError(HttpResponseMessage answer, byte[] body)
    {
        try
        {
            if (JsonSerializer.Deserialize(body, VitGridJson.Default.ErrorResponse)?.Error is { } error)
                return error;
        }
        catch (JsonException exception)
        {
            return Unexpected(answer, exception.Message);
        }
        return Unexpected(answer, "it holds no error object");
    }

    private static ErrorBody Unexpected(HttpResponseMessage answer, string why) => new(
        $"{answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode} with a body that is not VitGrid's ({why}); "
            + "is a proxy in between?",
        "unexpected_answer", null, "unexpected_answer");

    private static TimeSpan? ReadRetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
}
