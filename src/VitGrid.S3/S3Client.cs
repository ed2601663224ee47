using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.S3;
using Amazon.S3.Internal;

namespace VitGrid.S3;

/// <summary>The library's client, which follows no answer to another server: what is asked is what the operator has named.</summary>
internal sealed class S3Client : AmazonS3Client
{
    private S3Client(AmazonS3Config config)
        : base(config)
    {
    }

    private S3Client(AWSCredentials credentials, AmazonS3Config config)
        : base(credentials, config)
    {
    }

    /// <summary>Makes one for the store of the settings.</summary>
    /// <exception cref="S3Exception">The endpoint is none, needs TLS, or the profile is not there.</exception>
    public static S3Client From(S3Settings settings)
    {
        S3Address address = S3Address.From(settings, Environment.GetEnvironmentVariable);
        AmazonS3Config config = new()
        {
            ForcePathStyle = settings.PathStyle ?? address.Endpoint is not null,
            AllowAutoRedirect = false,
            // The endpoint was found and judged above; the library is not to find another.
            IgnoreConfiguredEndpointUrls = true,
            // A request has its own bound, which includes its answer's bytes.
            Timeout = settings.Timeout + TimeSpan.FromSeconds(5),
            MaxErrorRetry = 0,
            // Others than Amazon's own know no trailers with checksums.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (address.Endpoint is { } endpoint)
            (config.ServiceURL, config.AuthenticationRegion) = (endpoint.AbsoluteUri, address.Region);
        else
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(address.Region);
        return S3Address.Credentials(settings) is { } credentials ? new(credentials, config) : new(config);
    }

    /// <inheritdoc/>
    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        pipeline.RemoveHandler<AmazonS3RedirectHandler>();
    }
}
