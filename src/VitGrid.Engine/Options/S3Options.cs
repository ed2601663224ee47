using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>
/// Stores that speak S3's protocol, for images, archives and sinks of the indexing queue. Credentials are none of these settings: they come
/// as for AWS' own tools, from the environment, a profile or the machine's role.
/// </summary>
public sealed record S3Options : ISettingRules
{
    /// <summary>Buckets that workers read; none named: none.</summary>
    [Setting("buckets that workers read; none named: no object is read", Form = "`BUCKET`, `BUCKET/PREFIX`, or `*` for every bucket",
        Accepts = nameof(IsBucket))]
    public IReadOnlyList<string> Buckets { get; init; } = [];

    /// <summary>Buckets of which HTTP clients may name objects, in the lines of a batch; none named: no client reads objects.</summary>
    [Setting("buckets of which `/v1/batches` may name objects; none named: HTTP clients read no object",
        Form = "`BUCKET` or `BUCKET/PREFIX`", Accepts = nameof(IsNamedBucket))]
    public IReadOnlyList<string> HttpBuckets { get; init; } = [];

    /// <summary>Buckets that sinks may write; none named: no sink is a bucket.</summary>
    [Setting("buckets that sinks may write, whatever a job names; none named: no sink is a bucket", Form = "`BUCKET` or `BUCKET/PREFIX`",
        Accepts = nameof(IsNamedBucket))]
    public IReadOnlyList<string> SinkBuckets { get; init; } = [];

    /// <summary>The server; none: what <c>AWS_ENDPOINT_URL_S3</c> or <c>AWS_ENDPOINT_URL</c> name, else Amazon's own.</summary>
    [Setting("server that is asked; none: `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` of the environment, else Amazon's own",
        Form = "`https://HOST[:PORT]`", Accepts = nameof(IsEndpoint))]
    public string? Endpoint { get; init; }

    /// <summary>Whether an endpoint beyond this machine may be reached without TLS.</summary>
    [Setting("an endpoint beyond this machine by `http` too, in plaintext")]
    public bool AllowHttp { get; init; }

    /// <summary>The region; none: what <c>AWS_REGION</c> names, else <c>us-east-1</c>.</summary>
    [Setting("region; none: `AWS_REGION` of the environment, else us-east-1", Form = "such as `eu-central-1`", Accepts = nameof(IsName))]
    public string? Region { get; init; }

    /// <summary>The profile that has the credentials; none: what the environment says.</summary>
    [Setting("profile of `~/.aws` with the credentials; none: as the environment says, `AWS_PROFILE` included", Form = "a name",
        Accepts = nameof(IsName))]
    public string? Profile { get; init; }

    /// <summary>Whether buckets stand in the path; they always do where an endpoint is named.</summary>
    [Setting("buckets in the path, not in the host's name; always so where an endpoint is named")]
    public bool PathStyle { get; init; }

    /// <summary>Whether requests are sent without credentials, for public buckets.</summary>
    [Setting("requests without credentials, for public buckets")]
    public bool Anonymous { get; init; }

    /// <summary>Longest time for one request.</summary>
    [Setting("longest time for one request", Unit = "ms", Min = 100, Max = 600_000)]
    public int TimeoutMilliseconds { get; init; } = 30_000;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(SettingPath path)
    {
        bool isKnown = Uri.TryCreate(Endpoint, UriKind.Absolute, out Uri? uri);
        if (isKnown && uri is { Scheme: "http", IsLoopback: false } && !AllowHttp)
        {
            yield return $"{path[nameof(Endpoint)]} ({Endpoint}) is not encrypted, and lies beyond this machine: give https, or set "
                + $"{path[nameof(AllowHttp)]} where the network is yours";
        }
        if (Anonymous && Profile is { } profile)
        {
            yield return $"{path[nameof(Anonymous)]} sends no credentials, {path[nameof(Profile)]} ({profile}) names some: leave one of "
                + "them out";
        }
    }

    private static bool IsBucket(string text) =>
        text.Length is > 0 and <= 1_100 && !text.StartsWith('/') && !text.Contains("://", StringComparison.Ordinal);

    private static bool IsNamedBucket(string text) => IsBucket(text) && text != "*";

    private static bool IsEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri is { UserInfo: "", Query: "" };

    private static bool IsName(string text) =>
        text.Length is > 0 and <= 100 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
}
