namespace VitGrid.S3;

/// <summary>
/// How a store that speaks S3's protocol is reached. What is not said is taken as AWS' own tools take it: from <c>AWS_ENDPOINT_URL_S3</c>,
/// <c>AWS_ENDPOINT_URL</c>, <c>AWS_REGION</c>, <c>AWS_PROFILE</c>, keys in the environment, files below <c>~/.aws</c>, the machine's role.
/// </summary>
public sealed record S3Settings
{
    /// <summary>The server; null: the environment's, else Amazon's own.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The region; null: the environment's, else <c>us-east-1</c>.</summary>
    public string? Region { get; init; }

    /// <summary>The profile that has the credentials; null: what the environment says.</summary>
    public string? Profile { get; init; }

    /// <summary>Whether buckets stand in the path; null: where an endpoint is named.</summary>
    public bool? PathStyle { get; init; }

    /// <summary>Whether requests are sent without credentials.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Whether an endpoint beyond this machine may be reached without TLS.</summary>
    public bool AllowHttp { get; init; }

    /// <summary>Longest time for one request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a request that failed for a passing reason is sent again.</summary>
    public int Retries { get; init; } = 4;
}
