using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Amazon.S3;
using Amazon.S3.Model;

namespace VitGrid.S3;

/// <summary>
/// Writes and removes objects. An object appears as a whole: by one request, or when an upload in parts is completed. Any thread may call.
/// </summary>
public sealed class S3Writer
{
    private readonly S3Requests _requests;
    private readonly S3Store _store;

    internal S3Writer(S3Requests requests, S3Store store) => (_requests, _store) = (requests, store);

    /// <summary>Writes an object by one request.</summary>
    /// <returns>False: <paramref name="onlyNew"/> was asked for, and the object is there (<c>If-None-Match: *</c>).</returns>
    /// <exception cref="S3Exception">It may not be written, or the store does not answer.</exception>
    public Task<bool> TryPutAsync(
        string bucket, string key, ReadOnlyMemory<byte> bytes, bool onlyNew, CancellationToken cancellationToken) => _requests.AskAsync(
        S3Act.Write(bucket, key),
        async (client, token) =>
        {
            PutObjectRequest request = new()
            {
                BucketName = bucket,
                Key = key,
                InputStream = StreamOf(bytes),
                // The signature then holds the checksum of all bytes, which the store compares.
                UseChunkEncoding = false,
                IfNoneMatch = onlyNew ? "*" : null,
            };
            try
            {
                S3Answers.Demand(S3Act.Write(bucket, key), await client.PutObjectAsync(request, token));
                return true;
            }
            catch (AmazonS3Exception exception) when (onlyNew && exception.StatusCode == HttpStatusCode.PreconditionFailed)
            {
                return false;
            }
        },
        cancellationToken);

    /// <summary>Removes an object; one that is not there is removed already.</summary>
    /// <exception cref="S3Exception">It may not be removed, or the store does not answer.</exception>
    public async Task DeleteAsync(string bucket, string key, CancellationToken cancellationToken) => await _requests.AskAsync(
        S3Act.Write(bucket, key), (client, token) => client.DeleteObjectAsync(bucket, key, token), cancellationToken);

    /// <summary>An object that is written piece by piece.</summary>
    /// <param name="bucket">Its bucket.</param>
    /// <param name="key">Its key.</param>
    /// <param name="chunkBytes">Bytes of a request, at least 5 MiB: so many are held.</param>
    public S3WriteStream Upload(string bucket, string key, int chunkBytes = S3WriteStream.DefaultChunkBytes) =>
        new(this, bucket, key, chunkBytes);

    /// <summary>Makes an object of an upload. May be asked for again, by any process.</summary>
    /// <returns>False: upload and object are both gone, and the object will never be there.</returns>
    /// <exception cref="S3Exception">It may not be written, or the store does not answer: it may be there or not.</exception>
    public async Task<bool> TryCompleteAsync(string bucket, string key, S3Pending pending, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pending);
        S3Exception? failure = await CompleteAsync(bucket, key, pending, cancellationToken);
        // Some stores answer 200 and name an error in the body; an answer may be lost after the store has completed. The object decides.
        S3Object? found = await _store.TryFindAsync(bucket, key, cancellationToken);
        if (found?.Length == pending.Bytes)
            return true;
        if (failure is null)
        {
            throw new S3Exception(S3Fault.Unavailable, $"s3://{bucket}/{key}: the store says that {pending.Bytes} bytes are complete, and "
                + $"has {(found is null ? "no such object" : $"{found.Length} bytes")}");
        }
        return failure.IsUploadGone ? false : throw failure;
    }

    /// <summary>Gives an upload up; one that is not open is given up already.</summary>
    /// <exception cref="S3Exception">It may not be given up, or the store does not answer.</exception>
    public async Task AbortAsync(string bucket, string key, string upload, CancellationToken cancellationToken)
    {
        AbortMultipartUploadRequest request = new() { BucketName = bucket, Key = key, UploadId = upload };
        try
        {
            await _requests.AskAsync(
                S3Act.Write(bucket, key), (client, token) => client.AbortMultipartUploadAsync(request, token), cancellationToken);
        }
        catch (S3Exception exception) when (exception.Fault == S3Fault.Missing)
        {
        }
    }

    /// <summary>Gives the uploads of keys that begin with <paramref name="prefix"/> and were neither completed nor given up.</summary>
    /// <exception cref="S3Exception">They cannot be listed.</exception>
    public async IAsyncEnumerable<S3OpenUpload> ListUploadsAsync(
        string bucket, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ListMultipartUploadsRequest page = new() { BucketName = bucket, Prefix = prefix };
        ListMultipartUploadsResponse answer;
        do
        {
            answer = await _requests.AskAsync(
                S3Act.Read(bucket, prefix), (client, token) => client.ListMultipartUploadsAsync(page, token), cancellationToken);
            foreach (MultipartUpload upload in answer.MultipartUploads ?? [])
                yield return new(upload.Key, upload.UploadId, upload.Initiated?.ToUniversalTime() ?? DateTime.MaxValue);
            (page.KeyMarker, page.UploadIdMarker) = (answer.NextKeyMarker, answer.NextUploadIdMarker);
        }
        while (answer.IsTruncated == true);
    }

    /// <summary>Begins an upload in parts.</summary>
    internal async Task<string> BeginAsync(string bucket, string key, CancellationToken cancellationToken)
    {
        InitiateMultipartUploadRequest request = new() { BucketName = bucket, Key = key };
        return (await _requests.AskAsync(
            S3Act.Write(bucket, key), (client, token) => client.InitiateMultipartUploadAsync(request, token), cancellationToken)).UploadId;
    }

    /// <summary>Sends a part; gives its ETag.</summary>
    internal Task<string> SendAsync(
        string bucket, string key, string upload, int number, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _requests.AskAsync(
            S3Act.Write(bucket, key),
            async (client, token) =>
            {
                UploadPartRequest request = new()
                {
                    BucketName = bucket,
                    Key = key,
                    UploadId = upload,
                    PartNumber = number,
                    PartSize = bytes.Length,
                    InputStream = StreamOf(bytes),
                    UseChunkEncoding = false,
                };
                return S3Answers.Demand(S3Act.Write(bucket, key), await client.UploadPartAsync(request, token)).ETag;
            },
            cancellationToken);

    private async Task<S3Exception?> CompleteAsync(string bucket, string key, S3Pending pending, CancellationToken cancellationToken)
    {
        CompleteMultipartUploadRequest request = new()
        {
            BucketName = bucket,
            Key = key,
            UploadId = pending.Upload,
            PartETags = [.. pending.Tags.Select((tag, index) => new PartETag(index + 1, tag))],
        };
        try
        {
            await _requests.AskAsync(
                S3Act.Write(bucket, key), (client, token) => client.CompleteMultipartUploadAsync(request, token), cancellationToken);
            return null;
        }
        catch (S3Exception exception)
        {
            return exception;
        }
    }

    private static MemoryStream StreamOf(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> array)
        ? new(array.Array!, array.Offset, array.Count, writable: false) : new(bytes.ToArray());
}

/// <summary>An upload that has all its bytes and is not an object yet.</summary>
/// <param name="Upload">The store's name of it.</param>
/// <param name="Tags">ETags of its parts, in order.</param>
/// <param name="Bytes">Bytes of all parts.</param>
public sealed record S3Pending(string Upload, IReadOnlyList<string> Tags, long Bytes);

/// <summary>An upload that was neither completed nor given up.</summary>
/// <param name="Key">The key of the object that it is to become.</param>
/// <param name="Upload">The store's name of it.</param>
/// <param name="Begun">When it was begun, UTC; the end of time where the store does not say.</param>
public sealed record S3OpenUpload(string Key, string Upload, DateTime Begun);
