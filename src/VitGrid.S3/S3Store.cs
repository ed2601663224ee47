using System.Runtime.CompilerServices;
using Amazon.S3.Model;

namespace VitGrid.S3;

/// <summary>
/// Lists and reads objects. Every range that is read belongs to the version that was listed (<c>If-Match</c>); one that breaks off or
/// is answered as if for later is asked for again. Any thread may call.
/// </summary>
public sealed class S3Store : IDisposable
{
    private readonly S3Requests _requests;

    /// <exception cref="S3Exception">The endpoint is none, needs TLS, or the profile is not there.</exception>
    public S3Store(S3Settings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _requests = new(settings);
        Writer = new(_requests, this);
    }

    /// <summary>Writes objects of the same store.</summary>
    public S3Writer Writer { get; }

    /// <summary>Gives the objects whose keys begin with <paramref name="prefix"/>, by key.</summary>
    /// <exception cref="S3Exception">They cannot be listed.</exception>
    public async IAsyncEnumerable<S3Object> ListAsync(
        string bucket, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            ListObjectsV2Request page = new() { BucketName = bucket, Prefix = prefix, ContinuationToken = next };
            ListObjectsV2Response answer = await _requests.AskAsync(
                S3Act.Read(bucket, prefix), (client, token) => client.ListObjectsV2Async(page, token), cancellationToken);
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
        GetObjectMetadataResponse answer = await _requests.AskAsync(
            S3Act.Read(bucket, key), (client, token) => client.GetObjectMetadataAsync(bucket, key, token), cancellationToken);
        return S3Object.From(bucket, key, answer.ContentLength, answer.ETag);
    }

    /// <summary>Tells of an object; null: it is not there.</summary>
    /// <exception cref="S3Exception">It may not be read.</exception>
    public async Task<S3Object?> TryFindAsync(string bucket, string key, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(bucket, key, cancellationToken);
        }
        catch (S3Exception exception) when (exception.Fault == S3Fault.Missing)
        {
            return null;
        }
    }

    /// <summary>Reads a small object as a whole; null: it is not there.</summary>
    /// <exception cref="S3Exception">It may not be read.</exception>
    public async Task<byte[]?> TryReadAsync(string bucket, string key, CancellationToken cancellationToken)
    {
        // An object that is replaced between the two requests is asked for anew.
        for (int attempt = 1; ; attempt++)
        {
            if (await TryFindAsync(bucket, key, cancellationToken) is not { } found)
                return null;
            try
            {
                return await ReadAsync(found, 0, checked((int)found.Length), cancellationToken);
            }
            catch (S3Exception exception) when (exception.Fault is S3Fault.Changed or S3Fault.Missing && attempt < 3)
            {
            }
        }
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
        return await _requests.AskAsync(S3Act.Read(from.Bucket, from.Key), range.GoOnAsync, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _requests.Dispose();
}
