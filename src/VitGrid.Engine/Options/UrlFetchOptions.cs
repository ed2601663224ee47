namespace VitGrid.Engine.Options;

/// <summary>Whether and how images are fetched from where a URL points, for requests and for the indexing queue. Off by default.</summary>
public sealed record UrlFetchOptions
{
    /// <summary>Whether any URL is fetched. Default <c>false</c>.</summary>
    public bool Enabled { get; init; }

    /// <summary>Whether <c>http</c> is fetched too, in plaintext. Default <c>false</c>: <c>https</c> only.</summary>
    public bool AllowHttp { get; init; }

    /// <summary>
    /// Hosts to fetch from: a name such as <c>images.example.org</c>, or <c>*.example.org</c> for every name below it. Default: none
    /// named, which allows every host.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>
    /// Ranges of addresses, such as <c>10.1.0.0/16</c> or <c>fd00::/8</c>, that may be connected to although they are not public: private,
    /// loopback, link-local (with the clouds' metadata), multicast and reserved ones. Default: none named.
    /// </summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Ports that a URL may name. Default: none named, which allows 443, and 80 for <c>http</c>.</summary>
    public IReadOnlyList<string> Ports { get; init; } = [];

    /// <summary>Longest time for one image, redirects included, in milliseconds. Default 10,000; range 100–600,000.</summary>
    public int TimeoutMilliseconds { get; init; } = 10_000;

    /// <summary>Redirects that are followed, each checked like the first address. Default 3; range 0–10.</summary>
    public int MaxRedirects { get; init; } = 3;

    /// <summary>Images fetched at once by this process. Default 32; range 1–1,000.</summary>
    public int MaxConcurrent { get; init; } = 32;

    /// <summary>Images that wait to be fetched; more are refused as for a full queue. Default 1,024; range 0–100,000.</summary>
    public int MaxWaiting { get; init; } = 1_024;
}
