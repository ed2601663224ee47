using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace VitGrid.Server.InProcess;

/// <summary>Asks the grid within this process: requests as an <see cref="HttpClient"/> makes them, without a network.</summary>
internal sealed class HostedHandler(HostedServer server) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Stream body = request.Content is null ? Stream.Null : await request.Content.ReadAsStreamAsync(cancellationToken);
        MemoryStream written = new();
        Response response = new();
        StreamResponseBodyFeature responseBody = new(written);
        FeatureCollection features = new();
        features.Set<IHttpRequestFeature>(Request(request, body));
        features.Set<IHttpRequestBodyDetectionFeature>(new BodyDetection(request.Content is not null));
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(responseBody);
        features.Set<IHttpConnectionFeature>(
            new HttpConnectionFeature { LocalIpAddress = IPAddress.Loopback, RemoteIpAddress = IPAddress.Loopback });
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = cancellationToken });
        await server.HandleAsync(features, async () =>
        {
            await responseBody.CompleteAsync();
            await response.CompleteAsync();
        });
        cancellationToken.ThrowIfCancellationRequested();
        return Answer(request, response, written);
    }

    private static HttpRequestFeature Request(HttpRequestMessage request, Stream body)
    {
        Uri uri = request.RequestUri ?? throw new InvalidOperationException("the request names no address");
        HttpRequestFeature feature = new()
        {
            Protocol = "HTTP/1.1", Scheme = "http", Method = request.Method.Method, Path = Uri.UnescapeDataString(uri.AbsolutePath),
            QueryString = uri.Query, RawTarget = uri.PathAndQuery, Body = body,
        };
        feature.Headers.Host = uri.Authority;
        foreach ((string name, IEnumerable<string> values) in request.Headers.Concat(request.Content?.Headers.AsEnumerable() ?? []))
            feature.Headers[name] = values.ToArray();
        if (request.Content?.Headers.ContentLength is { } length)
            feature.Headers.ContentLength = length;
        return feature;
    }

    private static HttpResponseMessage Answer(HttpRequestMessage request, Response response, MemoryStream written)
    {
        HttpResponseMessage answer = new((HttpStatusCode)response.StatusCode)
        {
            RequestMessage = request, Content = new ByteArrayContent(written.GetBuffer(), 0, (int)written.Length),
        };
        foreach ((string name, var values) in response.Headers)
        {
            if (!answer.Headers.TryAddWithoutValidation(name, values.AsEnumerable()) && !name.Equals(
                "Content-Length", StringComparison.OrdinalIgnoreCase))
                answer.Content.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }
        return answer;
    }

    private sealed class BodyDetection(bool canHaveBody) : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => canHaveBody;
    }

    /// <summary>An answer that is kept until it is whole, so that its headers may change until then.</summary>
    private sealed class Response : HttpResponseFeature
    {
        private readonly Stack<(Func<object, Task> Call, object State)> _starting = new(), _completed = new();

        public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

        public override void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

        public async Task CompleteAsync()
        {
            await RunAsync(_starting);
            await RunAsync(_completed);
        }

        private static async Task RunAsync(Stack<(Func<object, Task> Call, object State)> callbacks)
        {
            while (callbacks.TryPop(out var callback))
                await callback.Call(callback.State);
        }
    }
}
