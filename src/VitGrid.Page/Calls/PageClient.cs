using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Components.Authorization;

namespace VitGrid.Page.Calls;

/// <summary>One page's line to the API, with the key of whoever opened it. Belongs to a circuit.</summary>
internal sealed class PageClient(PageServer server, AuthenticationStateProvider connection)
{
    /// <summary>Who opened the page.</summary>
    public async Task<PageCaller> CallerAsync() => PageCaller.From((await connection.GetAuthenticationStateAsync()).User);

    /// <summary>Whether the key of the page still opens anything.</summary>
    public async Task<bool> IsKnownAsync() => await server.IsKnownAsync((await CallerAsync()).Key);

    /// <summary>Asks.</summary>
    public Task<PageAnswer> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new(HttpMethod.Get, path), cancellationToken);

    /// <summary>Sends JSON.</summary>
    public Task<PageAnswer> PostAsync(string path, object body, CancellationToken cancellationToken) => SendAsync(
        new(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body))
            {
                Headers = { ContentType = new("application/json") },
            },
        },
        cancellationToken);

    /// <summary>Sends an image as it is.</summary>
    public Task<PageAnswer> PostAsync(string path, ReadOnlyMemory<byte> image, CancellationToken cancellationToken) => SendAsync(
        new(HttpMethod.Post, path)
        {
            // What it is, its content says.
            Content = new ReadOnlyMemoryContent(image) { Headers = { ContentType = new("image/png") } },
        },
        cancellationToken);

    /// <summary>Sends a request.</summary>
    public async Task<PageAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        PageCaller caller = await CallerAsync();
        if (caller.Key is { } key)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using HttpResponseMessage response = await server.SendAsync(request, caller.Peer, cancellationToken);
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return new(response.StatusCode, body, response.Headers.ToDictionary(
            header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }
}

/// <summary>An answer of the API, read whole.</summary>
internal sealed record PageAnswer(HttpStatusCode Status, byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Whether it is what was asked for.</summary>
    public bool IsDone => (int)Status is >= 200 and < 300;

    /// <summary>The body as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The API's own message of what is wrong; null: nothing is.</summary>
    public string? Problem
    {
        get
        {
            if (IsDone)
                return null;
            try
            {
                return Json.GetProperty("error").GetProperty("message").GetString();
            }
            catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                return $"{(int)Status}";
            }
        }
    }
}
