using System.Buffers;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// Pooled memory that a request and the images which lie in it hold together. The last holder to leave gives it back to the pool. Any
/// thread may call.
/// </summary>
internal sealed class SharedBuffer : IDisposable
{
    private readonly BodyMemory _memory;
    private readonly Holder _first;
    private int _holders;
    private long _counted;

    private SharedBuffer(byte[] bytes, BodyMemory memory)
    {
        (Bytes, _memory, _counted) = (bytes, memory, bytes.Length);
        _first = Share();
    }

    public byte[] Bytes { get; }

    /// <summary>At least <paramref name="length"/> bytes with one holder, left by <see cref="Dispose"/>.</summary>
    /// <exception cref="Errors.ApiException">All bodies together would pass their bound.</exception>
    public static SharedBuffer Rent(long length, BodyMemory memory)
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
