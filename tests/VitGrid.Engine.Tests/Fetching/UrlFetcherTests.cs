using System.Net;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Fetching;

/// <summary>Images from a server that does everything wrong.</summary>
public sealed class UrlFetcherTests : IAsyncDisposable
{
    private const long MaxBytes = 100;

    private readonly ImageSite _site = new();
    private readonly FakeTimeProvider _time = new();
    private readonly List<UrlFetcher> _fetchers = [];

    [Fact]
    public async Task An_image_is_fetched_at_the_address_its_name_leads_to() =>
        Assert.Equal("pixels", await FetchAsync(Fetcher(), _site.Image("/a.png").Url("/a.png")));

    [Fact]
    public async Task A_redirect_is_followed_to_the_image_relative_or_not()
    {
        _site.Redirect("/1", "/2").Redirect("/2", _site.Url("/3")).Image("/3");
        Assert.Equal("pixels", await FetchAsync(Fetcher(), _site.Url("/1")));
    }

    [Theory]
    [InlineData("404 Not Found", nameof(UrlFault.Permanent), "status 404")]
    [InlineData("403 Forbidden", nameof(UrlFault.Permanent), "status 403")]
    [InlineData("410 Gone", nameof(UrlFault.Permanent), "status 410")]
    [InlineData("206 Partial Content", nameof(UrlFault.Permanent), "status 206")]
    [InlineData("302 Found", nameof(UrlFault.Permanent), "redirects nowhere")]
    [InlineData("500 Oh", nameof(UrlFault.Transient), "try again later")]
    [InlineData("429 Slow", nameof(UrlFault.Transient), "status 429")]
    [InlineData("200 OK\r\nContent-Type: text/html\r\nContent-Length: 0", nameof(UrlFault.WrongType), "'text/html'")]
    [InlineData("200 OK\r\nContent-Type: image/png\r\nContent-Encoding: gzip\r\nContent-Length: 0", nameof(UrlFault.WrongType), "gzip")]
    [InlineData("200 OK\r\nContent-Type: image/png\r\nContent-Length: 101", nameof(UrlFault.TooLarge), "101 bytes")]
    [InlineData("200 OK\r\nContent-Type: image/png\r\nContent-Length: 9", nameof(UrlFault.Transient), "broke off")]
    [InlineData("no HTTP", nameof(UrlFault.Transient), "could not be fetched")]
    public async Task An_answer_that_is_no_image_is_told_apart(string head, string fault, string told)
    {
        UrlFetchException failure = await FailureAsync(Fetcher(), _site.On("/a", head).Url("/a"));
        Assert.Equal(fault, failure.Fault.ToString());
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_without_a_length_ends_at_the_largest_image()
    {
        _site.On("/endless", "200 OK\r\nContent-Type: image/png", new string('x', 101), hang: true);
        Assert.Equal("image_too_large", (await FailureAsync(Fetcher(), _site.Url("/endless"))).Code);
    }

    [Theory]
    [InlineData("/a")]
    [InlineData("/loop")]
    public async Task Redirects_end(string to)
    {
        _site.Redirect("/loop", to).Redirect("/a", "/loop");
        UrlFetchException failure = await FailureAsync(Fetcher(), _site.Url("/loop"));
        Assert.Equal(UrlFault.Permanent, failure.Fault);
        Assert.Contains("after 3 redirects", failure.Message, StringComparison.Ordinal);
        Assert.Equal(4, _site.Connections);
    }

    [Theory]
    [InlineData("http://metadata.test:PORT/", "not public")]
    [InlineData("http://169.254.169.254:PORT/latest/meta-data", "not public")]
    [InlineData("http://[::ffff:10.0.0.1]:PORT/", "not public")]
    [InlineData("http://0xa9fea9fe:PORT/", "not public")]
    [InlineData("http://images.test/", "port 80")]
    [InlineData("file:///etc/passwd", "only https")]
    [InlineData("http://me:secret@images.test:PORT/", "user or password")]
    public async Task A_redirect_to_where_nobody_may_go_is_refused_as_the_first_address_would_be(string to, string told)
    {
        _site.Redirect("/a", to.Replace("PORT", $"{_site.Port}", StringComparison.Ordinal));
        UrlFetchException failure = await FailureAsync(Fetcher(), _site.Url("/a"));
        Assert.Equal("url_not_allowed", failure.Code);
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, _site.Connections);
    }

    [Fact]
    public async Task A_name_that_changes_its_mind_between_check_and_connection_gains_nothing()
    {
        int asked = 0;
        UrlFetcher fetcher = Fetcher(resolve: (_, _) => Task.FromResult<IPAddress[]>(
            [Interlocked.Increment(ref asked) == 1 ? IPAddress.Loopback : IPAddress.Parse("169.254.169.254")]));
        Assert.Equal("pixels", await FetchAsync(fetcher, _site.Image("/a").Url("/a")));
        Assert.Equal(1, asked);
        Assert.Equal(UrlFault.NotAllowed, (await FailureAsync(fetcher, _site.Url("/a"))).Fault);
    }

    [Fact]
    public async Task Of_several_addresses_only_those_that_are_allowed_are_tried()
    {
        UrlFetcher fetcher = Fetcher(resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.1"), IPAddress.Loopback]));
        Assert.Equal("pixels", await FetchAsync(fetcher, _site.Image("/a").Url("/a")));
    }

    [Fact]
    public async Task Loopback_is_refused_unless_its_range_was_named()
    {
        UrlFetcher fetcher = Fetcher(Options() with { Addresses = [] });
        Assert.Equal("url_not_allowed", (await FailureAsync(fetcher, _site.Image("/a").Url("/a"))).Code);
        Assert.Equal(0, _site.Connections);
    }

    [Fact]
    public async Task Who_does_not_answer_in_time_is_asked_again_later_and_a_caller_that_leaves_is_no_failure()
    {
        _site.On("/slow", "200 OK\r\nContent-Type: image/png\r\nContent-Length: 9", "half", hang: true);
        Task<string> late = FetchAsync(Fetcher(), _site.Url("/slow"));
        await _site.Asked.Task;
        _time.Advance(TimeSpan.FromSeconds(10));
        UrlFetchException failure = await Assert.ThrowsAsync<UrlFetchException>(() => late);
        Assert.Equal(UrlFault.Transient, failure.Fault);
        Assert.Contains("within 10000 ms", failure.Message, StringComparison.Ordinal);

        using CancellationTokenSource leaving = new();
        Task<string> left = FetchAsync(Fetcher(), _site.Url("/slow"), leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
    }

    [Fact]
    public async Task A_server_that_is_not_there_may_come_back()
    {
        ImageSite gone = new();
        (string url, string port) = (gone.Url("/a"), $"{gone.Port}");
        await gone.DisposeAsync();
        Assert.Equal(UrlFault.Transient, (await FailureAsync(Fetcher(Options() with { Ports = [port] }), url)).Fault);
    }

    [Fact]
    public async Task More_than_may_wait_are_refused()
    {
        UrlFetcher fetcher = Fetcher(Options() with { MaxConcurrent = 1, MaxWaiting = 1 });
        _site.On("/slow", "200 OK\r\nContent-Type: image/png", hang: true).Image("/a");
        using CancellationTokenSource leaving = new();
        Task<string> first = FetchAsync(fetcher, _site.Url("/slow"), leaving.Token);
        Task<string> second = FetchAsync(fetcher, _site.Url("/a"));
        GridException refused = await Assert.ThrowsAsync<GridException>(() => FetchAsync(fetcher, _site.Url("/a")));
        Assert.Equal(GridFault.Overloaded, refused.Fault);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal("pixels", await second);
    }

    [Fact]
    public async Task No_server_may_ask_for_an_hour()
    {
        UrlFetchException failure = await FailureAsync(Fetcher(), _site.On("/a", "503 Later\r\nRetry-After: 3600").Url("/a"));
        Assert.Equal(TimeSpan.FromMinutes(5), failure.RetryAfter);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (UrlFetcher fetcher in _fetchers)
            fetcher.Dispose();
        await _site.DisposeAsync();
    }

    private UrlFetchOptions Options() => new() { Enabled = true, AllowHttp = true, Addresses = ["127.0.0.0/8"], Ports = [$"{_site.Port}"] };

    private UrlFetcher Fetcher(UrlFetchOptions? options = null, ResolveHost? resolve = null)
    {
        UrlFetcher fetcher = new(options ?? Options(), MaxBytes, _time, resolve ?? Resolve);
        _fetchers.Add(fetcher);
        return fetcher;
    }

    private static Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) =>
        Task.FromResult<IPAddress[]>([host == "metadata.test" ? IPAddress.Parse("169.254.169.254") : IPAddress.Loopback]);

    private static Task<string> FetchAsync(UrlFetcher fetcher, string url, CancellationToken cancellationToken = default) =>
        fetcher.FetchAsync(url, async (body, token) => await new StreamReader(body).ReadToEndAsync(token), cancellationToken);

    private static Task<UrlFetchException> FailureAsync(UrlFetcher fetcher, string url) =>
        Assert.ThrowsAsync<UrlFetchException>(() => FetchAsync(fetcher, url));
}
