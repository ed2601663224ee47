using System.Globalization;
using Amazon.S3;
using Polly;

namespace VitGrid.S3;

/// <summary>
/// Sends requests, each within its bound, and again what failed for a passing reason. Any thread may call.
/// </summary>
internal sealed class S3Requests : IDisposable
{
    private readonly S3Client _client;
    private readonly TimeSpan _timeout;
    private readonly ResiliencePipeline _retry;

    /// <exception cref="S3Exception">The endpoint is none, needs TLS, or the profile is not there.</exception>
    public S3Requests(S3Settings settings)
    {
        _client = S3Client.From(settings);
        _timeout = settings.Timeout;
        _retry = new ResiliencePipelineBuilder().AddRetry(new()
        {
            MaxRetryAttempts = Math.Max(1, settings.Retries),
            ShouldHandle = new PredicateBuilder().Handle<S3Exception>(failure => failure.Fault == S3Fault.Unavailable),
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromSeconds(5),
            UseJitter = true,
        }).Build();
    }

    /// <summary>Asks, and once more where the store does not answer now.</summary>
    /// <param name="act">What is done, and to which object, for messages.</param>
    /// <param name="ask">Sends one request.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="S3Exception">The store refuses, or does not answer.</exception>
    public async Task<T> AskAsync<T>(S3Act act, Func<IAmazonS3, CancellationToken, Task<T>> ask, CancellationToken cancellationToken) =>
        await _retry.ExecuteAsync(async token => await AskOnceAsync(act, ask, token), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<T> AskOnceAsync<T>(
        S3Act act, Func<IAmazonS3, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        // The library's own bound ends with an answer's headers.
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        try
        {
            return S3Answers.Demand(act, await ask(_client, limit.Token));
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw failure is not S3Exception && limit.IsCancellationRequested
                ? new S3Exception(S3Fault.Unavailable, string.Create(CultureInfo.InvariantCulture, $"{act.What}: no whole answer within "
                    + $"{_timeout.TotalMilliseconds:0} ms (Indexing:S3:TimeoutMilliseconds); see to the endpoint"))
                : S3Answers.From(act, failure);
        }
    }
}

/// <summary>What is done to an object, in the words of messages.</summary>
/// <param name="What">The object, <c>s3://bucket/key</c>.</param>
/// <param name="Done">What is done to it: <c>read</c>, <c>written</c>.</param>
internal readonly record struct S3Act(string What, string Done)
{
    /// <summary>An object, or a list of some, is read.</summary>
    public static S3Act Read(string bucket, string key) => new($"s3://{bucket}/{key}", "read");

    /// <summary>An object is written or removed.</summary>
    public static S3Act Write(string bucket, string key) => new($"s3://{bucket}/{key}", "written");
}
