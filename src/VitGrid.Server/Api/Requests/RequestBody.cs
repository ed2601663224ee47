using System.Buffers;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// A body read whole into pooled memory. It grows with what has really arrived, so that a client which only claims a large body holds
/// at most 256 KiB; valid until disposed, and where an image holds a share of its buffer until that is.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    private const int MinFirstBytes = 64 * 1024;

    /// <summary>What a client gets by its word alone: enough for most images, so that they are not moved while they arrive.</summary>
    private const int MaxFirstBytes = 256 * 1024;

    private readonly BodyShare _memory;
    private int _length;

    private RequestBody(long? claimed, BodyShare memory)
    {
        _memory = memory;
        // One byte more shows that there is no more.
        Buffer = SharedBuffer.Rent(Math.Clamp((claimed ?? 0) + 1, MinFirstBytes, MaxFirstBytes), memory);
    }

    /// <summary>Where the body lies.</summary>
    public SharedBuffer Buffer { get; private set; }

    public Memory<byte> Bytes => Buffer.Bytes.AsMemory(0, _length);

    /// <exception cref="ApiException">The body passes <paramref name="maxBytes"/>, or bodies together pass a bound.</exception>
    public static async Task<RequestBody> ReadAsync(
        Stream source, long? claimed, long maxBytes, BodyShare memory, CancellationToken cancellationToken)
    {
        if (claimed > maxBytes)
            throw TooLarge($"{claimed:N0}", maxBytes);
        RequestBody body = new(claimed, memory);
        try
        {
            await body.FillAsync(source, maxBytes, cancellationToken);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private async Task FillAsync(Stream source, long maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_length == Buffer.Bytes.Length)
                Grow(maxBytes);
            int read = await source.ReadAsync(Buffer.Bytes.AsMemory(_length), cancellationToken);
            if (read == 0)
                return;
            _length += read;
            if (_length > maxBytes)
                throw TooLarge($"more than {maxBytes:N0}", maxBytes);
        }
    }

    private void Grow(long maxBytes)
    {
        // One byte more than allowed is enough to see that there is more.
        long wanted = Math.Min(Buffer.Bytes.Length * 2L, maxBytes + 1);
        SharedBuffer larger = SharedBuffer.Rent(Math.Max(wanted, _length + 1L), _memory);
        Bytes.CopyTo(larger.Bytes);
        Buffer.Dispose();
        Buffer = larger;
    }

    /// <inheritdoc/>
    public void Dispose() => Buffer.Dispose();

    private static ApiException TooLarge(string bytes, long maxBytes) => new(ApiCode.PayloadTooLarge,
        $"the body has {bytes} bytes, the limit is {maxBytes:N0}; send fewer or smaller images a request");
}

/// <summary>
/// Pooled memory that a request and the images which lie in it hold together. The last holder to leave gives it back to the pool. Any
/// thread may call.
/// </summary>
internal sealed class SharedBuffer : IDisposable
{
    private readonly BodyShare _memory;
    private readonly Holder _first;
    private int _holders;
    private long _counted;

    private SharedBuffer(byte[] bytes, BodyShare memory)
    {
        (Bytes, _memory, _counted) = (bytes, memory, bytes.Length);
        _first = Share();
    }

    public byte[] Bytes { get; }

    /// <summary>At least <paramref name="length"/> bytes with one holder, left by <see cref="Dispose"/>.</summary>
    /// <exception cref="Errors.ApiException">All bodies together would pass their bound.</exception>
    public static SharedBuffer Rent(long length, BodyShare memory)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            memory.Reserve(bytes.Length);
            return new(bytes, memory);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }
    }

    /// <summary>Another buffer that counts where this one does.</summary>
    /// <exception cref="Errors.ApiException">All bodies together would pass their bound.</exception>
    public SharedBuffer RentBeside(long length) => Rent(length, _memory);

    /// <summary>One more holder, who leaves by disposing what is returned; only a holder may call.</summary>
    public Holder Share()
    {
        Interlocked.Increment(ref _holders);
        return new(this);
    }

    /// <summary>
    /// The request has ended, so its bytes count no more. A holder that was never told to leave (its client went away) keeps the memory
    /// from the pool, not from the garbage collector.
    /// </summary>
    public void Forget() => _memory.Give(Interlocked.Exchange(ref _counted, 0));

    /// <inheritdoc/>
    public void Dispose() => _first.Dispose();

    private void Leave()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        Forget();
        ArrayPool<byte>.Shared.Return(Bytes);
    }

    /// <summary>Leaves once, however often it is disposed.</summary>
    internal sealed class Holder(SharedBuffer buffer) : IDisposable
    {
        private SharedBuffer? _buffer = buffer;

        public void Dispose() => Interlocked.Exchange(ref _buffer, null)?.Leave();
    }
}
