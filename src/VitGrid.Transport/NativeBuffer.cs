using System.Buffers;

namespace VitGrid.Transport;

/// <summary>
/// Native memory of an exact length, aligned to 64 bytes, from a <see cref="NativeBufferPool"/>. Dispose it once nothing reads
/// it any more: the memory goes to the next frame. There is no finalizer, since native code may still use the pointer when the
/// last managed reference is gone.
/// </summary>
public sealed unsafe class NativeBuffer : MemoryManager<byte>
{
    private readonly NativeBufferPool _pool;
    private readonly nuint _capacity;
    private nint _pointer;

    internal NativeBuffer(NativeBufferPool pool, nint pointer, nuint capacity, int length)
    {
        _pool = pool;
        _pointer = pointer;
        _capacity = capacity;
        Length = length;
    }

    /// <summary>Bytes.</summary>
    internal int Length { get; }

    /// <summary>Address of the first byte.</summary>
    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    internal nint Pointer
    {
        get
        {
            nint pointer = Volatile.Read(ref _pointer);
            ObjectDisposedException.ThrowIf(pointer == 0, this);
            return pointer;
        }
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new((void*)Pointer, Length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)Length, nameof(elementIndex));
        return new((byte*)Pointer + elementIndex);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <summary>Gives the memory back to the pool; further calls do nothing.</summary>
    public void Dispose() => Dispose(true);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        nint pointer = Interlocked.Exchange(ref _pointer, 0);
        if (pointer != 0)
            _pool.GiveBack(pointer, _capacity);
    }
}
