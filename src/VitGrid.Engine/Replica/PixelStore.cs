using System.Buffers;
using System.Collections.Concurrent;

namespace VitGrid.Engine.Replica;

/// <summary>The decoded images of this process, by id. Orders carry the id; the bytes are never copied within a process.</summary>
internal sealed class PixelStore
{
    private readonly ConcurrentDictionary<long, Pixels> _images = new();
    private long _lastId;

    /// <summary>Images held.</summary>
    public int Count => _images.Count;

    /// <summary>A buffer of <paramref name="length"/> bytes with one holder; <paramref name="charge"/> is given back with it.</summary>
    public Pixels Rent(int length, IDisposable charge) => Keep(MemoryPool<byte>.Shared.Rent(length), length, charge);

    /// <summary>Takes over pixels that came from another process.</summary>
    public Pixels Adopt(IMemoryOwner<byte> received) => Keep(received, received.Memory.Length, null);

    /// <summary>One more holder of an image.</summary>
    /// <exception cref="KeyNotFoundException">The last holder has left.</exception>
    public Pixels Hold(long id) => _images.TryGetValue(id, out Pixels? pixels) && pixels.TryHold()
        ? pixels
        : throw new KeyNotFoundException($"the pixels of image {id} are no longer held: its request has ended");

    private Pixels Keep(IMemoryOwner<byte> buffer, int length, IDisposable? charge)
    {
        Pixels pixels = new(Interlocked.Increment(ref _lastId), buffer, length, charge, gone => _images.TryRemove(gone, out _));
        _images[pixels.Id] = pixels;
        return pixels;
    }
}

/// <summary>One decoded image: row-major RGB in a pooled buffer, returned when the last holder disposes it.</summary>
internal sealed class Pixels(long id, IMemoryOwner<byte> buffer, int length, IDisposable? charge, Action<long> removed) : IDisposable
{
    private int _holders = 1;

    public long Id { get; } = id;

    public Memory<byte> Memory => buffer.Memory[..length];

    public bool TryHold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return true;
            holders = seen;
        }
        return false;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        removed(Id);
        buffer.Dispose();
        charge?.Dispose();
    }
}
