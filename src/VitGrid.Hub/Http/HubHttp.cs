using System.Net;
using System.Net.Http.Headers;

namespace VitGrid.Hub.Http;

/// <summary>
/// Requests to the hub: redirects are followed here, so that the token is sent to the hub alone; what may pass is asked again.
/// </summary>
internal sealed class HubHttp : IDisposable
{
    private const int MaxRedirects = 10;
    private const int MaxAttempts = 6;

    // A network that is not there is told soon; a hub that is busy is waited for.
    private const int MaxConnects = 3;

    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(2);

    private readonly HubSettings _settings;
    private readonly HttpClient _client;

    /// <summary>Creates the client.</summary>
    public HubHttp(HubSettings settings)
    {
        _settings = settings;
        _client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = settings.Silence,
            Proxy = settings.Proxy,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        }) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new("vitgrid", typeof(HubHttp).Assembly.GetName().Version?.ToString(3) ?? "0"));
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    /// <summary>Asks for something, its body unread.</summary>
    /// <param name="address">The address at the hub.</param>
    /// <param name="from">The first byte that is wanted.</param>
    /// <param name="repository">Whose it is, for messages.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>An answer of success, or 416 where <paramref name="from"/> lies behind the end.</returns>
    /// <exception cref="HubException">The hub refuses, or cannot be reached after several attempts.</exception>
    public async Task<HttpResponseMessage> GetAsync(
        Uri address, long from, string repository, string what, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan wait = _settings.RetryDelay * Math.Pow(2, attempt - 1);
            try
            {
                HttpResponseMessage response = await FollowAsync(address, from, cancellationToken);
                if (response.IsSuccessStatusCode || (from > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable))
                    return response;
                using (response)
                {
                    if (!MayPass(response.StatusCode) || attempt == MaxAttempts)
                        throw HubErrors.From(response, repository, what, _settings);
                    wait = Asked(response) ?? wait;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TimeoutException)
            {
                if (attempt >= (IsUnconnected(exception) ? MaxConnects : MaxAttempts))
                    throw Unreachable(what, repository, exception);
            }
            await Task.Delay(wait < MaxWait ? wait : MaxWait, cancellationToken);
        }
    }

    private HubException Unreachable(string what, string repository, Exception exception) => new(
        $"{what} of {repository} cannot be fetched from {_settings.Endpoint}: {exception.Message}; check the connection and HTTPS_PROXY, "
        + "set HF_ENDPOINT where the hub has another address, or pull on another machine and copy the cache's folder",
        exception);

    private async Task<HttpResponseMessage> FollowAsync(Uri address, long from, CancellationToken cancellationToken)
    {
        for (int redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            HttpResponseMessage response = await SendAsync(address, from, cancellationToken);
            if (response.StatusCode is not (HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect) || response.Headers.Location is not { } location)
                return response;
            response.Dispose();
            Uri next = new(address, location);
            if (next.Scheme != Uri.UriSchemeHttps && !(next.Scheme == Uri.UriSchemeHttp && address.Scheme == Uri.UriSchemeHttp))
                throw new HubException(
                    $"{address.Host} redirects to {next.GetLeftPart(UriPartial.Authority)}, which is not encrypted; not followed");
            address = next;
        }
        throw new HubException($"{address.Host} redirects more than {MaxRedirects} times; check HF_ENDPOINT");
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, long from, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, address);
        if (_settings.Token is not null && IsHubs(address))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _settings.Token);
        if (from > 0)
            request.Headers.Range = new(from, null);
        // Bytes are compared with the hub's checksums as they are kept, so none may be compressed on the way.
        request.Headers.AcceptEncoding.Add(new("identity"));
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(_settings.Silence);
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {_settings.Silence.TotalSeconds:0} s", exception);
        }
    }

    private bool IsHubs(Uri address) =>
        address.Scheme == _settings.Endpoint.Scheme && address.Host == _settings.Endpoint.Host && address.Port == _settings.Endpoint.Port;

    private static bool IsUnconnected(Exception exception) => exception is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    private static bool MayPass(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status >= 500;

    private static TimeSpan? Asked(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero,
        _ => null,
    };
}
