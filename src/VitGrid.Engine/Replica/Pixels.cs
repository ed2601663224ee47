using System.Buffers;

namespace VitGrid.Engine.Replica;

/// <summary>
/// One decoded image: row-major RGB in a pooled buffer that passes by reference and is returned when its last holder disposes it. Any
/// thread may call.
/// </summary>
public sealed class Pixels : IDisposable
{
    private readonly IMemoryOwner<byte> _buffer;
    private readonly int _length;
    private readonly IDisposable? _charge;
    private int _holders = 1;

    private Pixels(IMemoryOwner<byte> buffer, int length, IDisposable? charge) => (_buffer, _length, _charge) = (buffer, length, charge);

    /// <summary>The bytes; valid while the image is held.</summary>
    public Memory<byte> Memory => _buffer.Memory[.._length];

    /// <summary>Whether anybody holds it.</summary>
    internal bool IsHeld => Volatile.Read(ref _holders) > 0;

    /// <summary>A buffer of <paramref name="length"/> bytes with one holder; <paramref name="charge"/> is given back with it.</summary>
    internal static Pixels Rent(int length, IDisposable charge) => new(MemoryPool<byte>.Shared.Rent(length), length, charge);

    /// <summary>Takes over pixels that came from another process; one holder.</summary>
    public static Pixels Adopt(IMemoryOwner<byte> received) => new(received, received.Memory.Length, null);

    /// <summary>Adds a holder, who disposes the same instance.</summary>
    /// <exception cref="ObjectDisposedException">The last holder has left.</exception>
    internal Pixels Hold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            // Another holder may have come or left since the count was read: only an unchanged count is raised, so that zero stays zero.
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return this;
            holders = seen;
        }
        throw new ObjectDisposedException(nameof(Pixels), "the pixels of an image are no longer held: its request has ended");
    }

    /// <summary>Leaves; the last holder frees the buffer.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        _buffer.Dispose();
        _charge?.Dispose();
    }
}
