namespace VitGrid.S3;

/// <summary>
/// An object as a stream that can be positioned. It is read in ranges of one size, the last two of which are kept, and the next is asked
/// for while one is being read on.
/// </summary>
public sealed class S3Stream(S3Store store, S3Object from) : Stream
{
    private const int RangeBytes = 1 << 20;

    private readonly Dictionary<long, Task<byte[]>> _ranges = [];
    private readonly CancellationTokenSource _over = new();
    private bool _isClosed;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => from.Length;

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= Length || buffer.Length == 0)
            return 0;
        (long index, int at) = (Position / RangeBytes, (int)(Position % RangeBytes));
        byte[] range = await RangeAsync(index).WaitAsync(cancellationToken);
        int count = Math.Min(buffer.Length, range.Length - at);
        range.AsMemory(at, count).CopyTo(buffer);
        Position += count;
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) =>
        // Readers of tar and of footers are called by the submitter, on a thread of its own.
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is written.
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            _isClosed = true;
            _over.Cancel();
            _over.Dispose();
        }
        base.Dispose(disposing);
    }

    private Task<byte[]> RangeAsync(long index)
    {
        foreach (long old in _ranges.Keys.Where(kept => kept < index - 1 || kept > index + 1 || _ranges[kept].IsFaulted).ToArray())
            _ranges.Remove(old);
        bool isReadOn = _ranges.ContainsKey(index - 1) || index == 0;
        Task<byte[]> range = Ask(index);
        if (isReadOn && (index + 1) * RangeBytes < Length)
            _ = Ask(index + 1);
        return range;
    }

    private Task<byte[]> Ask(long index)
    {
        if (_ranges.TryGetValue(index, out Task<byte[]>? asked))
            return asked;
        return _ranges[index] = store.ReadAsync(from, index * RangeBytes, RangeBytes, _over.Token);
    }
}
