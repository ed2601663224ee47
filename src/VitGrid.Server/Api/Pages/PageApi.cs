using System.Net;
using Microsoft.AspNetCore.Http.Features;
using VitGrid.Engine.Errors;
using VitGrid.Page.Calls;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Pages;

/// <summary>
/// This process's own API for its page: requests pass all middlewares, as those do that came over the network. Any thread may call.
/// </summary>
/// <param name="scopes">Makes what a request's services live in.</param>
/// <param name="keys">Finds whose a key is; null where keys are off.</param>
internal sealed class PageApi(IServiceScopeFactory scopes, CallerFinder? keys) : PageServer
{
    /// <summary>All middlewares and endpoints; set when they are put together.</summary>
    public RequestDelegate Pipeline { get; set; } = _ => throw new InvalidOperationException("the server is not put together yet");

    /// <inheritdoc/>
    public override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, string? peer, CancellationToken cancellationToken)
    {
        using MemoryStream body = new();
        PageResponse response = new();
        DefaultHttpContext context = new() { ServiceScopeFactory = scopes, RequestAborted = cancellationToken };
        context.Features.Set<IHttpResponseFeature>(response);
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        context.Features.Set<IHttpRequestBodyDetectionFeature>(new BodyDetection(request.Content is not null));
        await FillAsync(context, request, peer, cancellationToken);
        try
        {
            await Pipeline(context);
            await response.StartAsync();
            await context.Response.CompleteAsync();
        }
        finally
        {
            await response.CompleteAsync();
        }
        return ToMessage(context.Response, body.ToArray());
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> IsKnownAsync(string? key)
    {
        if (keys is null)
            return true;
        try
        {
            await keys.FindAsync(new(key, MayBeToken: true), CancellationToken.None);
            return true;
        }
        catch (ApiException exception)
        {
            // Keys that cannot be read at present have not been revoked.
            return exception.Error.Code != ApiCode.InvalidApiKey;
        }
    }

    private static async Task FillAsync(
        DefaultHttpContext context, HttpRequestMessage message, string? peer, CancellationToken cancellationToken)
    {
        HttpRequest request = context.Request;
        string target = message.RequestUri!.OriginalString;
        int query = target.IndexOf('?', StringComparison.Ordinal);
        (request.Method, request.Scheme, request.Host) = (message.Method.Method, "http", new("localhost"));
        // Whoever leaves what is sent unread keeps no connection waiting here, as with HTTP/2.
        request.Protocol = HttpProtocol.Http2;
        request.Path = PathString.FromUriComponent(query < 0 ? target : target[..query]);
        request.QueryString = new(query < 0 ? null : target[query..]);
        foreach ((string name, IEnumerable<string> values) in message.Headers)
            request.Headers[name] = values.ToArray();
        context.Connection.RemoteIpAddress = IPAddress.TryParse(peer, out IPAddress? address) ? address : IPAddress.Loopback;
        if (message.Content is not { } content)
            return;
        request.Body = await content.ReadAsStreamAsync(cancellationToken);
        request.ContentLength = content.Headers.ContentLength;
        request.ContentType = content.Headers.ContentType?.ToString();
    }

    private static HttpResponseMessage ToMessage(HttpResponse response, byte[] body)
    {
        HttpResponseMessage message = new((HttpStatusCode)response.StatusCode) { Content = new ByteArrayContent(body) };
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in response.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                message.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        return message;
    }

    private sealed record BodyDetection(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;
}

/// <summary>The head of an answer to the page: what waits for its beginning or end is called then.</summary>
internal sealed class PageResponse : HttpResponseFeature
{
    private readonly Stack<(Func<object, Task> Call, object State)> _starting = new(), _completed = new();

    public override bool HasStarted => IsStarted;

    private bool IsStarted { get; set; }

    public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    public override void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

    /// <summary>Calls what waits for the beginning, the last that came first.</summary>
    public async Task StartAsync()
    {
        while (_starting.TryPop(out var waiting))
            await waiting.Call(waiting.State);
        IsStarted = true;
    }

    /// <summary>Calls what waits for the end.</summary>
    public async Task CompleteAsync()
    {
        while (_completed.TryPop(out var waiting))
            await waiting.Call(waiting.State);
    }
}
