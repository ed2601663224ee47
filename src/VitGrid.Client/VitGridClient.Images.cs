using System.Globalization;
using System.Text;
using System.Text.Json;

namespace VitGrid.Client;

/// <content>One image, sent as it is: no base64, and a stream is never held whole.</content>
public sealed partial class VitGridClient
{
    /// <summary>Embeds the image of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Everything but the input and the encoding; null takes the server's defaults.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <returns>The float32 vector.</returns>
    /// <exception cref="VitGridException">The server refused the request or the image, or its answer does not fit.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or broke off.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<float[]> EmbedFileAsync(
        string path, EmbeddingsRequest? options = null, CancellationToken cancellationToken = default)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
        await using (file.ConfigureAwait(false))
            return await EmbedImageAsync(file, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Embeds an image that is in memory.</summary>
    /// <param name="image">The encoded image (JPEG, PNG, WebP, …).</param>
    /// <param name="options">Everything but the input and the encoding; null takes the server's defaults.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <returns>The float32 vector.</returns>
    /// <exception cref="VitGridException">The server refused the request or the image, or its answer does not fit.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or broke off.</exception>
    public Task<float[]> EmbedImageAsync(
        ReadOnlyMemory<byte> image, EmbeddingsRequest? options = null, CancellationToken cancellationToken = default) =>
        EmbedRawAsync(new ReadOnlyMemoryContent(image), options, cancellationToken);

    /// <summary>
    /// Embeds an image from where a stream stands to its end, sent while it is read. The stream is left open. A request that the server
    /// refuses for the moment is repeated where the stream can seek; else the refusal is the caller's.
    /// </summary>
    /// <param name="image">The encoded image (JPEG, PNG, WebP, …).</param>
    /// <param name="options">Everything but the input and the encoding; null takes the server's defaults.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <returns>The float32 vector.</returns>
    /// <exception cref="VitGridException">The server refused the request or the image, or its answer does not fit.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or broke off; or the stream cannot be read.</exception>
    public Task<float[]> EmbedImageAsync(
        Stream image, EmbeddingsRequest? options = null, CancellationToken cancellationToken = default) =>
        EmbedRawAsync(new StreamBody(image), options, cancellationToken);

    private async Task<float[]> EmbedRawAsync(HttpContent body, EmbeddingsRequest? options, CancellationToken cancellationToken)
    {
        EmbeddingsRequest asked = Vectors(options, [], "fail");
        using HttpRequestMessage message = Message(HttpMethod.Post, $"v1/embeddings?{Query(asked with { Model = asked.Model ?? Model })}");
        body.Headers.ContentType = new("application/octet-stream");
        message.Content = body;
        EmbeddingsResponse answer = await SendAsync(message, VitGridJson.Default.EmbeddingsResponse, cancellationToken)
            .ConfigureAwait(false);
        return AnswerReader.Vectors(answer, 1)[0];
    }

    /// <summary>The fields of a request by the names that its JSON has, but for the inputs.</summary>
    private static string Query(EmbeddingsRequest request)
    {
        StringBuilder query = new();
        EmbeddingsRequest flat = request with { Tiling = null };
        using JsonDocument fields = JsonSerializer.SerializeToDocument(flat, VitGridJson.Default.EmbeddingsRequest);
        foreach (JsonProperty field in fields.RootElement.EnumerateObject())
        {
            if (field.NameEquals("input"u8))
                continue;
            query.Append(query.Length == 0 ? "" : "&").Append(field.Name).Append('=');
            query.Append(Uri.EscapeDataString(
                field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString()! : field.Value.GetRawText()));
        }
        return request.Tiling is not { } tiling ? query.ToString() : query.Append(
            CultureInfo.InvariantCulture, $"&tiling={tiling.Min},{tiling.Max},{(tiling.Thumbnail ? "true" : "false")}").ToString();
    }
}
