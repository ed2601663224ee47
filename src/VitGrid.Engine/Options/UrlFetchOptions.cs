using System.Net;
using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>Whether and how images are fetched from where a URL points, for requests and for the indexing queue. Off by default.</summary>
public sealed record UrlFetchOptions
{
    /// <summary>Whether any URL is fetched.</summary>
    [Setting("whether images named by URL are fetched, for requests and by the indexing queue's workers")]
    public bool Enabled { get; init; }

    /// <summary>Whether <c>http</c> is fetched too, in plaintext.</summary>
    [Setting("`http` too, in plaintext; a redirect from `https` to it is never followed")]
    public bool AllowHttp { get; init; }

    /// <summary>Hosts to fetch from; none named allows every host.</summary>
    [Setting("hosts that are asked; none named: every host",
        Form = "names such as `images.example.org`, or `*.example.org` for all below it", Accepts = nameof(IsHost))]
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>
    /// Ranges of addresses that may be connected to although they are not public: private, loopback, link-local (with the clouds'
    /// metadata), multicast and reserved ones.
    /// </summary>
    [Setting("addresses that are connected to although they are not public", Form = "ranges such as `10.1.0.0/16`, `fd00::/8`",
        Accepts = nameof(IsRange))]
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Ports that a URL may name; none named allows 443, and 80 for <c>http</c>.</summary>
    [Setting("ports a URL may name; none named: 443, and 80 for `http`", Form = "ports from 1 to 65535", Accepts = nameof(IsPort))]
    public IReadOnlyList<string> Ports { get; init; } = [];

    /// <summary>Longest time for one image, redirects included.</summary>
    [Setting("longest time for one image, redirects included", Unit = "ms", Min = 100, Max = 600_000)]
    public int TimeoutMilliseconds { get; init; } = 10_000;

    /// <summary>Redirects that are followed, each checked like the first address.</summary>
    [Setting("redirects that are followed, each checked like the first address", Unit = "redirects", Min = 0, Max = 10)]
    public int MaxRedirects { get; init; } = 3;

    /// <summary>Images fetched at once by this process.</summary>
    [Setting("images this process fetches at once", Unit = "images", Min = 1, Max = 1_000)]
    public int MaxConcurrent { get; init; } = 32;

    /// <summary>Images that wait to be fetched; more are refused as for a full queue.</summary>
    [Setting("images that wait to be fetched; more are refused with 429", Unit = "images", Min = 0, Max = 100_000)]
    public int MaxWaiting { get; init; } = 1_024;

    private static bool IsHost(string text) =>
        Uri.CheckHostName(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text) != UriHostNameType.Unknown;

    private static bool IsRange(string text) => IPNetwork.TryParse(text, out _);

    private static bool IsPort(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0;
}
