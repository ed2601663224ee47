using System.Globalization;
using System.Runtime.CompilerServices;
using Amazon.S3.Model;
using Polly;

namespace VitGrid.S3;

/// <summary>
/// Lists and reads objects. Every range that is read belongs to the version that was listed (<c>If-Match</c>); one that breaks off or
/// is answered as if for later is asked for again. Any thread may call.
/// </summary>
public sealed class S3Store : IDisposable
{
    private readonly S3Client _client;
    private readonly TimeSpan _timeout;
    private readonly ResiliencePipeline _retry;

    /// <exception cref="S3Exception">The endpoint is none, needs TLS, or the profile is not there.</exception>
    public S3Store(S3Settings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
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

    /// <summary>Gives the objects whose keys begin with <paramref name="prefix"/>, by key.</summary>
    /// <exception cref="S3Exception">They cannot be listed.</exception>
    public async IAsyncEnumerable<S3Object> ListAsync(
        string bucket, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            ListObjectsV2Request page = new() { BucketName = bucket, Prefix = prefix, ContinuationToken = next };
            ListObjectsV2Response answer = await AskAsync(
                $"s3://{bucket}/{prefix}", token => _client.ListObjectsV2Async(page, token), cancellationToken);
            foreach (Amazon.S3.Model.S3Object found in answer.S3Objects ?? [])
                yield return S3Object.From(bucket, found.Key, found.Size ?? 0, found.ETag);
            next = answer.IsTruncated == true ? answer.NextContinuationToken : null;
        }
        while (next is not null);
    }

    /// <summary>Tells of an object.</summary>
    /// <exception cref="S3Exception">It is not there, or may not be read.</exception>
    public async Task<S3Object> FindAsync(string bucket, string key, CancellationToken cancellationToken)
    {
        GetObjectMetadataResponse answer = await AskAsync(
            $"s3://{bucket}/{key}", token => _client.GetObjectMetadataAsync(bucket, key, token), cancellationToken);
        return S3Object.From(bucket, key, answer.ContentLength, answer.ETag);
    }

    /// <summary>Reads a range of an object, or what there is of it.</summary>
    /// <exception cref="S3Exception">It has changed, is not there, may not be read, or the store does not answer.</exception>
    public async Task<byte[]> ReadAsync(S3Object from, long offset, int length, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(from);
        int wanted = (int)Math.Clamp(from.Length - offset, 0, length);
        if (wanted == 0)
            return [];
        S3RangeRead range = new(from, offset, wanted);
        return await AskAsync($"{from}", token => range.GoOnAsync(_client, token), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<T> AskAsync<T>(string what, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken) =>
        await _retry.ExecuteAsync(async token => await AskOnceAsync(what, ask, token), cancellationToken);

    private async Task<T> AskOnceAsync<T>(string what, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        // The library's own bound ends with an answer's headers.
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        try
        {
            return S3Answers.Demand(what, await ask(limit.Token));
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw failure is not S3Exception && limit.IsCancellationRequested
                ? new S3Exception(S3Fault.Unavailable, string.Create(CultureInfo.InvariantCulture, $"{what}: no whole answer within "
                    + $"{_timeout.TotalMilliseconds:0} ms (Indexing:S3:TimeoutMilliseconds); see to the endpoint"))
                : S3Answers.From(what, failure);
        }
    }
}
