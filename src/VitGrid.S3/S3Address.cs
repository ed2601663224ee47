using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;

namespace VitGrid.S3;

/// <summary>Which server is asked, and in which region: as the settings say, else as AWS' own tools find it.</summary>
/// <param name="Endpoint">The server; null: Amazon's own.</param>
/// <param name="Region">The region.</param>
internal sealed record S3Address(Uri? Endpoint, string Region)
{
    private const string DefaultRegion = "us-east-1";

    /// <summary>The address.</summary>
    /// <param name="settings">What the operator says.</param>
    /// <param name="environment">Gives a variable of the environment, or null.</param>
    /// <exception cref="S3Exception">The endpoint is none, or needs TLS.</exception>
    public static S3Address From(S3Settings settings, Func<string, string?> environment)
    {
        CredentialProfile? profile = settings.Anonymous ? null : Profile(settings.Profile ?? environment("AWS_PROFILE") ?? "default");
        bool isIgnored = string.Equals(environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true", StringComparison.OrdinalIgnoreCase);
        string? configured = isIgnored
            ? null : First(environment("AWS_ENDPOINT_URL_S3"), environment("AWS_ENDPOINT_URL"), profile?.EndpointUrl);
        Uri? endpoint = settings.Endpoint ?? (configured is null ? null : new(configured, UriKind.RelativeOrAbsolute));
        if (endpoint is not null)
            Demand(endpoint, settings.AllowHttp);
        string? region = First(
            settings.Region, environment("AWS_REGION"), environment("AWS_DEFAULT_REGION"), profile?.Region?.SystemName);
        return new(endpoint, region ?? DefaultRegion);
    }

    /// <summary>The credentials that the settings name; null: the library looks for some where AWS' own tools do.</summary>
    /// <exception cref="S3Exception">The profile is not there.</exception>
    public static AWSCredentials? Credentials(S3Settings settings)
    {
        if (settings.Anonymous)
            return new AnonymousAWSCredentials();
        if (settings.Profile is not { } profile)
            return null;
        return Read(profiles => profiles.TryGetAWSCredentials(profile, out AWSCredentials found) ? found : null)
            ?? throw new S3Exception(S3Fault.Denied, $"there is no profile '{profile}' with credentials (Indexing:S3:Profile); name one of "
                + "~/.aws/config or ~/.aws/credentials, as 'aws configure list-profiles' prints them");
    }

    private static CredentialProfile? Profile(string name) =>
        Read(profiles => profiles.TryGetProfile(name, out CredentialProfile found) ? found : null);

    /// <summary>
    /// Reads what stands below <c>~/.aws</c>, or where <c>AWS_CONFIG_FILE</c> and <c>AWS_SHARED_CREDENTIALS_FILE</c> say.
    /// </summary>
    private static T? Read<T>(Func<CredentialProfileStoreChain, T?> read)
        where T : class
    {
        try
        {
            return read(new());
        }
        catch (Exception exception) when (exception is AmazonClientException or IOException or UnauthorizedAccessException
            or InvalidDataException or ArgumentException or FormatException)
        {
            throw new S3Exception(S3Fault.Denied, $"the profiles of ~/.aws cannot be read ({exception.GetType().Name}); correct "
                + "~/.aws/config and ~/.aws/credentials, or the right to read them");
        }
    }

    private static string? First(params ReadOnlySpan<string?> texts)
    {
        foreach (string? text in texts)
        {
            if (!string.IsNullOrEmpty(text))
                return text;
        }
        return null;
    }

    /// <summary>What is read beyond this machine is read over TLS, unless the operator says otherwise.</summary>
    private static void Demand(Uri endpoint, bool allowHttp)
    {
        if (!endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https") || endpoint.UserInfo.Length + endpoint.Query.Length > 0)
        {
            throw new S3Exception(S3Fault.Refused, "the endpoint of S3 (Indexing:S3:Endpoint, AWS_ENDPOINT_URL) is no http or https "
                + "address without name, password and query; give https://HOST[:PORT]");
        }
        if (endpoint.Scheme == "http" && !endpoint.IsLoopback && !allowHttp)
        {
            throw new S3Exception(S3Fault.Refused, $"the endpoint {endpoint.GetLeftPart(UriPartial.Authority)} of S3 is not encrypted; "
                + "give https, or set Indexing:S3:AllowHttp where the network is yours");
        }
    }
}
