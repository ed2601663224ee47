using System.Net;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Items;

namespace VitGrid.Indexing.Tests;

/// <summary>What becomes of an item whose image a server does not give.</summary>
public sealed class FetchedItemTests : IAsyncDisposable
{
    private readonly ImageSite _site = new();
    private UrlFetcher? _fetcher;

    [Fact]
    public async Task The_queue_buries_what_is_lasting_and_waits_as_long_as_the_server_asks_for_the_rest()
    {
        ItemFault busy = ItemFault.From(await FailureAsync(Fetcher(), _site.On("/a", "429 Slow\r\nRetry-After: 7").Url("/a")));
        Assert.Equal((FaultKind.Transient, "url_fetch_failed", TimeSpan.FromSeconds(7)), (busy.Kind, busy.Code, busy.Wait));
        Assert.Equal(TimeSpan.FromSeconds(7), new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)).After(1, busy.Wait));
        Assert.InRange(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)).After(1, TimeSpan.Zero), TimeSpan.FromSeconds(
            0.5), TimeSpan.FromSeconds(1));
        ItemFault gone = ItemFault.From(await FailureAsync(Fetcher(), _site.On("/b", "410 Gone").Url("/b")));
        Assert.Equal((FaultKind.Poison, "url_fetch_failed"), (gone.Kind, gone.Code));
    }

    public async ValueTask DisposeAsync()
    {
        _fetcher?.Dispose();
        await _site.DisposeAsync();
    }

    private UrlFetcher Fetcher()
    {
        UrlFetchOptions options = new() { Enabled = true, AllowHttp = true, Addresses = ["127.0.0.0/8"], Ports = [$"{_site.Port}"] };
        return _fetcher ??= new(options, 100, new FakeTimeProvider(), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
    }

    private static Task<UrlFetchException> FailureAsync(UrlFetcher fetcher, string url) =>
        Assert.ThrowsAsync<UrlFetchException>(() => fetcher.FetchAsync(url, (_, _) => Task.FromResult(0), default));
}
