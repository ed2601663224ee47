using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VitGrid.Client;

/// <summary>
/// Calls a VitGrid server over HTTP. Any number of threads may call it. Made from an address or from options it brings its own
/// <see cref="HttpClient"/>, which repeats what the server refused for the moment and is disposed of with it; made from an
/// <see cref="HttpClient"/> it sends each request once, and leaves the rest to its owner.
/// </summary>
public sealed partial class VitGridClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly bool _ownsHttp;

    /// <summary>A client of the server at an address, with the retries and time limits of <see cref="VitGridClientOptions"/>.</summary>
    /// <param name="endpoint">The server's root, e.g. <c>http://127.0.0.1:8080</c>.</param>
    /// <param name="apiKey">The API key; null sends none.</param>
    /// <exception cref="ArgumentException">The address is no absolute URL of http or https.</exception>
    public VitGridClient(string endpoint, string? apiKey = null)
        : this(new VitGridClientOptions { Endpoint = VitGridClientOptions.ParseEndpoint(endpoint), ApiKey = apiKey })
    {
    }

    /// <summary>A client as options say.</summary>
    /// <param name="options">Where the server is, and how patient the client.</param>
    /// <exception cref="ArgumentException">An option is missing or out of range; all faults are listed.</exception>
    public VitGridClient(VitGridClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        string[] faults = [.. options.Faults()];
        if (faults.Length > 0)
            throw new ArgumentException(string.Join("; ", faults), nameof(options));
        SocketsHttpHandler connections = new() { PooledConnectionLifetime = VitGridClientOptions.ConnectionLifetime };
        _http = new(new RetryHandler(options, TimeProvider.System, connections));
        _ownsHttp = true;
        options.Apply(_http);
        (ApiKey, Model) = (options.ApiKey, options.Model);
    }

    /// <summary>A client that sends by an <see cref="HttpClient"/> of somebody else's.</summary>
    /// <param name="http">Its <see cref="HttpClient.BaseAddress"/> is the server's root, e.g. <c>http://127.0.0.1:8080/</c>.</param>
    public VitGridClient(HttpClient http)
    {
        ArgumentNullException.ThrowIfNull(http);
        _http = http;
    }

    /// <summary>The API key, sent as <c>Authorization: Bearer</c>; null sends what <see cref="HttpClient"/> sends by itself.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The model of requests that name none; null leaves it to the server.</summary>
    public string? Model { get; init; }

    /// <summary>The server's root; null where the <see cref="HttpClient"/> has none.</summary>
    public Uri? Endpoint => _http.BaseAddress;

    /// <summary>Embeds images in one request; asks for base64, which is a third of the bytes and the same vectors.</summary>
    /// <param name="images">Encoded images (JPEG, PNG, WebP, …).</param>
    /// <param name="options">Everything but the input and the encoding; null takes the server's defaults.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <returns>One float32 vector an image, in order.</returns>
    /// <exception cref="VitGridException">The server refused the request or one of its images, or its answer does not fit.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or broke off.</exception>
    /// <exception cref="JsonException">The response is no embeddings response.</exception>
    public async Task<IReadOnlyList<float[]>> EmbedAsync(
        IEnumerable<ReadOnlyMemory<byte>> images, EmbeddingsRequest? options = null, CancellationToken cancellationToken = default) =>
        await EmbedInputsAsync(images.Select(EmbeddingInput.FromImage), options, cancellationToken).ConfigureAwait(false);

    /// <summary>Embeds texts in one request, by a model that has a text tower.</summary>
    /// <param name="texts">The texts; what looks like a URL or base64 is a text too.</param>
    /// <param name="options">Everything but the input and the encoding; null takes the server's defaults.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <returns>One float32 vector a text, in order.</returns>
    /// <exception cref="VitGridException">The server refused the request or one of its texts, or its answer does not fit.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or broke off.</exception>
    /// <exception cref="JsonException">The response is no embeddings response.</exception>
    public async Task<IReadOnlyList<float[]>> EmbedTextsAsync(
        IEnumerable<string> texts, EmbeddingsRequest? options = null, CancellationToken cancellationToken = default) =>
        await EmbedInputsAsync(texts.Select(EmbeddingInput.FromText), options, cancellationToken).ConfigureAwait(false);

    /// <summary>Embeds images and texts in one request.</summary>
    /// <param name="inputs">Images and texts, in any order.</param>
    /// <param name="options">Everything but the input and the encoding; null takes the server's defaults.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <returns>One float32 vector an input, in order.</returns>
    /// <exception cref="VitGridException">The server refused the request or one of its inputs, or its answer does not fit.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or broke off.</exception>
    /// <exception cref="JsonException">The response is no embeddings response.</exception>
    public async Task<IReadOnlyList<float[]>> EmbedInputsAsync(
        IEnumerable<EmbeddingInput> inputs, EmbeddingsRequest? options = null, CancellationToken cancellationToken = default)
    {
        EmbeddingsRequest request = Vectors(options, [.. inputs], "fail");
        EmbeddingsResponse response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return AnswerReader.Vectors(response, request.Input!.Count);
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
        ArgumentNullException.ThrowIfNull(request);
        EmbeddingsRequest named = request.Model is null && Model is not null ? request with { Model = Model } : request;
        using HttpRequestMessage message = Message(HttpMethod.Post, "v1/embeddings");
        message.Content = JsonContent.Create(named, VitGridJson.Default.EmbeddingsRequest);
        return await SendAsync(message, VitGridJson.Default.EmbeddingsResponse, cancellationToken).ConfigureAwait(false);
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
        return (await SendAsync(message, VitGridJson.Default.ModelsResponse, cancellationToken).ConfigureAwait(false)).Data;
    }

    /// <summary>Closes the connections of a client that has its own <see cref="HttpClient"/>; another's is left alone.</summary>
    public void Dispose()
    {
        if (_ownsHttp)
            _http.Dispose();
    }

    /// <summary>A request for float32 vectors in base64.</summary>
    internal static EmbeddingsRequest Vectors(EmbeddingsRequest? options, IReadOnlyList<EmbeddingInput> inputs, string onError) =>
        (options ?? new()) with { Input = inputs, EncodingFormat = "base64", EmbeddingType = "float", OnError = onError };

    private async Task<T> SendAsync<T>(HttpRequestMessage message, JsonTypeInfo<T> shape, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await _http.SendAsync(message, cancellationToken).ConfigureAwait(false);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
            throw new VitGridException(answer.StatusCode, ReadError(answer, body), RetryAfter(answer.Headers.RetryAfter));
        return JsonSerializer.Deserialize(body, shape)
            ?? throw new JsonException($"the answer of {answer.RequestMessage?.RequestUri} is null");
    }

    private HttpRequestMessage Message(HttpMethod method, string path)
    {
        HttpRequestMessage message = new(method, new Uri(path, UriKind.Relative));
        if (ApiKey is { } key)
            message.Headers.Authorization = new("Bearer", key);
        return message;
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
        AnswerReader.Code, null, AnswerReader.Code);

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
}
