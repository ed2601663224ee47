using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Fetching;

/// <summary>Reads the body of an image, which may not be as long as announced; what it throws ends the fetch.</summary>
public delegate Task<T> ReadImage<T>(Stream body, CancellationToken cancellationToken);

/// <summary>
/// Fetches images from where URLs point, and only from where the operator allows it: each hop is checked like the first, no proxy is
/// asked, no cookie or credential sent, and the address that was checked is the one connected to. Any thread may call.
/// </summary>
public sealed class UrlFetcher : IDisposable
{
    private readonly UrlFetchOptions _options;
    private readonly long _mostBytes;
    private readonly TimeProvider _time;
    private readonly UrlRules _rules;
    private readonly FetchSlots _slots;
    private readonly HttpClient _http;

    /// <param name="options">What is allowed.</param>
    /// <param name="maxBytes">Largest image.</param>
    /// <param name="time">Measures the time limit.</param>
    /// <param name="resolve">Resolves names; null: the machine's way.</param>
    public UrlFetcher(UrlFetchOptions options, long maxBytes, TimeProvider time, ResolveHost? resolve = null)
    {
        (_options, _mostBytes, _time) = (options, maxBytes, time);
        (_rules, _slots) = (new(options), new(options));
        _http = Client(new GuardedConnect(new(options.Addresses), resolve ?? Dns.GetHostAddressesAsync), TimeSpan.FromMilliseconds(
            options.TimeoutMilliseconds));
    }

    /// <summary>Refuses a URL that cannot be allowed wherever it leads.</summary>
    /// <exception cref="UrlFetchException">It is not fetched.</exception>
    public void Check(string url) => _rules.Check(url);

    /// <summary>Fetches an image; <paramref name="read"/> gets its body, which ends with a fault beyond the largest image.</summary>
    /// <exception cref="UrlFetchException">There is no image, or none that is allowed.</exception>
    /// <exception cref="GridException">Too many are being fetched.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    public Task<T> FetchAsync<T>(string url, ReadImage<T> read, CancellationToken cancellationToken)
    {
        Uri target = _rules.Check(url);
        return _slots.RunAsync(() => FetchInTimeAsync(target, read, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _slots.Dispose();
    }

    private static HttpClient Client(GuardedConnect connect, TimeSpan limit)
    {
        SocketsHttpHandler handler = new()
        {
            ConnectCallback = connect.ConnectAsync,
            // A connection goes on being made when its request has given up.
            ConnectTimeout = limit,
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        };
        HttpClient client = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Accept.ParseAdd("image/*,application/octet-stream;q=0.5");
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
        client.DefaultRequestHeaders.UserAgent.ParseAdd("vitgrid");
        return client;
    }

    private async Task<T> FetchInTimeAsync<T>(Uri url, ReadImage<T> read, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(TimeSpan.FromMilliseconds(_options.TimeoutMilliseconds), _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        string shown = UrlRules.Show(url.OriginalString);
        try
        {
            return await FollowAsync(url, read, either.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested
            && (exception is OperationCanceledException || (late.IsCancellationRequested && exception is not UrlFetchException)))
        {
            throw new UrlFetchException(
                UrlFault.Transient, $"'{shown}' did not come within {_options.TimeoutMilliseconds} ms "
                    + $"(VitGrid:UrlFetch:TimeoutMilliseconds); try again later", exception);
        }
        catch (HttpRequestException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw exception.InnerException as UrlFetchException ?? Failed(shown, exception);
        }
        catch (IOException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new UrlFetchException(UrlFault.Transient, $"'{shown}' broke off before its end; try again later", exception);
        }
    }

    private async Task<T> FollowAsync<T>(Uri url, ReadImage<T> read, CancellationToken cancellationToken)
    {
        for (int hop = 0; ; hop++)
        {
            using HttpRequestMessage question = new(HttpMethod.Get, url);
            using HttpResponseMessage answer = await _http.SendAsync(question, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!FetchAnswers.IsRedirect(answer))
                return await ReadAsync(url, answer, read, cancellationToken);
            url = Next(url, answer, hop);
        }
    }

    private async Task<T> ReadAsync<T>(Uri url, HttpResponseMessage answer, ReadImage<T> read, CancellationToken cancellationToken)
    {
        if (FetchAnswers.Fault(url, answer, _mostBytes, _time.GetUtcNow()) is { } fault)
            throw fault;
        await using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await using LimitedStream limited = new(body, _mostBytes,
            () => FetchAnswers.TooLarge(UrlRules.Show(url.OriginalString), $"more than {_mostBytes:N0}", _mostBytes));
        return await read(limited, cancellationToken);
    }

    private Uri Next(Uri url, HttpResponseMessage answer, int hop)
    {
        string shown = UrlRules.Show(url.OriginalString);
        if (hop == _options.MaxRedirects)
            throw new UrlFetchException(
                UrlFault.Permanent, $"'{shown}' redirects again after {hop} redirects, the limit (VitGrid:UrlFetch:MaxRedirects); name the "
                    + $"image's own URL");
        Uri place = answer.Headers.Location
            ?? throw new UrlFetchException(UrlFault.Permanent, $"'{shown}' redirects nowhere; name the image's own URL");
        Uri next = _rules.Check(new Uri(url, place));
        return url.Scheme == next.Scheme || next.Scheme == Uri.UriSchemeHttps
            ? next
            : throw new UrlFetchException(
                UrlFault.NotAllowed, $"'{shown}' redirects from https to http, which is not followed; name the image's own URL");
    }

    /// <summary>A server without a certificate that is trusted will have none tomorrow; everything else may pass.</summary>
    private static UrlFetchException Failed(string shown, HttpRequestException failure) => failure.InnerException switch
    {
        AuthenticationException why => new(UrlFault.Permanent,
            $"the server of '{shown}' shows no certificate that is trusted here ({why.Message.TrimEnd('.')}); name another, or add its "
                + $"authority to this machine (SSL_CERT_FILE)", failure),
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } => new(
            UrlFault.Transient, $"the host of '{shown}' is not found; check its name", failure),
        _ => new(UrlFault.Transient, $"'{shown}' could not be fetched ({failure.HttpRequestError}); try again later", failure),
    };
}
