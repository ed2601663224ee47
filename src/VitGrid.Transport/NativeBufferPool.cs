using System.Numerics;
using System.Runtime.InteropServices;

namespace VitGrid.Transport;

/// <summary>
/// Keeps native memory for the next frame of about the same size: fresh memory of 100 MB costs more in page faults than its
/// copy through a socket. What is kept is bounded; the rest goes back to the system.
/// </summary>
internal sealed unsafe class NativeBufferPool(long maxKeptBytes) : IDisposable
{
    private const int Alignment = 64;
    private const nuint MinCapacity = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<nuint, Stack<nint>> _kept = [];
    private long _keptBytes;
    private long _rentedBytes;
    private bool _disposed;

    /// <summary>Bytes that wait for the next frame.</summary>
    public long KeptBytes => Volatile.Read(ref _keptBytes);

    /// <summary>Bytes that are out, by capacity.</summary>
    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>Memory of that length; its content is whatever it was.</summary>
    public NativeBuffer Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        nuint capacity = CapacityFor(length);
        nint pointer = Rent(capacity);
        if (pointer == 0)
            pointer = (nint)NativeMemory.AlignedAlloc(capacity, Alignment);
        Interlocked.Add(ref _rentedBytes, (long)capacity);
        return new(this, pointer, capacity, length);
    }

    /// <summary>Frees what is kept; what is out is freed when it comes back.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (nint pointer in _kept.Values.SelectMany(stack => stack))
                NativeMemory.AlignedFree((void*)pointer);
            _kept.Clear();
            _keptBytes = 0;
        }
    }

    internal void GiveBack(nint pointer, nuint capacity)
    {
        Interlocked.Add(ref _rentedBytes, -(long)capacity);
        if (!Keep(pointer, capacity))
            NativeMemory.AlignedFree((void*)pointer);
    }

    /// <summary>Eight steps between two powers of two: at most an eighth is unused, and close lengths share memory.</summary>
    internal static nuint CapacityFor(int length)
    {
        nuint step = Math.Max(BitOperations.RoundUpToPowerOf2((nuint)length) / 16, MinCapacity);
        return ((nuint)length + step - 1) / step * step;
    }

    private nint Rent(nuint capacity)
    {
        lock (_lock)
        {
            if (!_kept.TryGetValue(capacity, out Stack<nint>? stack) || !stack.TryPop(out nint pointer))
                return 0;
            _keptBytes -= (long)capacity;
            return pointer;
        }
    }

    private bool Keep(nint pointer, nuint capacity)
    {
        lock (_lock)
        {
            if (_disposed || _keptBytes + (long)capacity > maxKeptBytes)
                return false;
            if (!_kept.TryGetValue(capacity, out Stack<nint>? stack))
                _kept[capacity] = stack = [];
            stack.Push(pointer);
            _keptBytes += (long)capacity;
            return true;
        }
    }
}
