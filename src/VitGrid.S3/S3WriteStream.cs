using System.Security.Cryptography;

namespace VitGrid.S3;

/// <summary>
/// An object that is written from its beginning to its end. Full chunks are sent as they come, by whoever writes without blocking; of what
/// was not stored or sealed nothing becomes an object, and disposing gives it up.
/// </summary>
public sealed class S3WriteStream : Stream
{
    /// <summary>Bytes of a request where nothing else is said: 10,000 of them are an object of 78 GiB.</summary>
    public const int DefaultChunkBytes = 8 << 20;

    private static readonly TimeSpan GivingUp = TimeSpan.FromSeconds(2);

    private readonly S3Writer _writer;
    private readonly string _bucket, _key;
    private readonly int _chunkBytes;
    private readonly MemoryStream _held = new();
    private readonly List<string> _tags = [];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private string? _upload;
    private long _length;

    internal S3WriteStream(S3Writer writer, string bucket, string key, int chunkBytes) =>
        (_writer, _bucket, _key, _chunkBytes) = (writer, bucket, key, chunkBytes);

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => _length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException("an object is written from its beginning to its end");
    }

    /// <summary>Checksum of what was written, in hexadecimal.</summary>
    public string Sha256 => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.AppendData(buffer);
        _held.Write(buffer);
        _length += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    /// <exception cref="S3Exception">It may not be written, or the store does not answer.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        await SendFullAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush()
    {
        // Sent by whoever writes next without blocking.
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => SendFullAsync(cancellationToken);

    /// <summary>Sends what is left; the object is there by <see cref="S3Writer.TryCompleteAsync"/> alone.</summary>
    /// <exception cref="S3Exception">It may not be written, or the store does not answer.</exception>
    public async Task<S3Pending> SealAsync(CancellationToken cancellationToken)
    {
        await SendFullAsync(cancellationToken);
        if (_held.Length > 0 || _upload is null)
            await SendAsync(0, (int)_held.Length, cancellationToken);
        S3Pending pending = new(_upload!, _tags, _length);
        _upload = null;
        return pending;
    }

    /// <summary>Makes it an object: by one request where it is small.</summary>
    /// <exception cref="S3Exception">It may not be written, or the store does not answer.</exception>
    public async Task StoreAsync(CancellationToken cancellationToken)
    {
        await SendFullAsync(cancellationToken);
        if (_upload is null)
        {
            await _writer.TryPutAsync(_bucket, _key, Held(0, (int)_held.Length), onlyNew: false, cancellationToken);
            return;
        }
        S3Pending pending = await SealAsync(cancellationToken);
        if (!await _writer.TryCompleteAsync(_bucket, _key, pending, cancellationToken))
            throw new S3Exception(S3Fault.Unavailable, $"s3://{_bucket}/{_key}: the upload was given up by somebody else");
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_upload is { } upload)
        {
            _upload = null;
            using CancellationTokenSource limit = new(GivingUp);
            // Whoever sweeps the bucket gives up what cannot be given up now.
            await _writer.AbortAsync(_bucket, _key, upload, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            _held.Dispose();
        }
        base.Dispose(disposing);
    }

    private async Task SendFullAsync(CancellationToken cancellationToken)
    {
        // The last chunk is kept: what ends there may still be one request.
        if (_held.Length <= _chunkBytes)
            return;
        int sent = 0;
        for (; _held.Length - sent > _chunkBytes; sent += _chunkBytes)
            await SendAsync(sent, _chunkBytes, cancellationToken);
        byte[] rest = Held(sent, (int)_held.Length - sent).ToArray();
        _held.SetLength(0);
        _held.Write(rest);
    }

    private async Task SendAsync(int offset, int count, CancellationToken cancellationToken)
    {
        _upload ??= await _writer.BeginAsync(_bucket, _key, cancellationToken);
        _tags.Add(await _writer.SendAsync(_bucket, _key, _upload, _tags.Count + 1, Held(offset, count), cancellationToken));
    }

    private ReadOnlyMemory<byte> Held(int offset, int count) => _held.GetBuffer().AsMemory(offset, count);
}
