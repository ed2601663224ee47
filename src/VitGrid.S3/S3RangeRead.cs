using System.Globalization;
using Amazon.S3;
using Amazon.S3.Model;

namespace VitGrid.S3;

/// <summary>One range that is being read. What an answer that broke off has brought is kept, and only the rest asked for again.</summary>
internal sealed class S3RangeRead(S3Object from, long offset, int length)
{
    private readonly byte[] _bytes = new byte[length];
    private int _read;

    /// <summary>Asks for what is not there yet.</summary>
    /// <exception cref="S3Exception">The object has changed, the answer is another, or broke off.</exception>
    public async Task<byte[]> GoOnAsync(IAmazonS3 client, CancellationToken cancellationToken)
    {
        GetObjectRequest request = new()
        {
            BucketName = from.Bucket,
            Key = from.Key,
            EtagToMatch = $"\"{from.Tag}\"",
            ByteRange = new(offset + _read, offset + length - 1),
        };
        using GetObjectResponse answer = await client.GetObjectAsync(request, cancellationToken);
        Demand(S3Answers.Demand(S3Act.Read(from.Bucket, from.Key), answer));
        int more;
        while (_read < length && (more = await answer.ResponseStream.ReadAsync(_bytes.AsMemory(_read), cancellationToken)) > 0)
            _read += more;
        return _read == length ? _bytes : throw new S3Exception(
            S3Fault.Unavailable, $"{from}: the answer broke off after {_read} of {length} bytes");
    }

    private void Demand(GetObjectResponse answer)
    {
        if (S3Object.Bare(answer.ETag) != from.Tag)
            throw new S3Exception(S3Fault.Changed, $"{from} was changed while it was read; submit it again under another job");
        string range = string.Create(
            CultureInfo.InvariantCulture, $"bytes {offset + _read}-{offset + length - 1}/{from.Length}");
        bool isWhole = offset + _read == 0 && length == from.Length && answer.ContentLength == length;
        if (answer.ContentRange != range && !isWhole)
            throw new S3Exception(S3Fault.Refused, $"{from}: the store answers a range with another one; it cannot be read in ranges");
    }
}
