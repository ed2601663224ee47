using System.Collections.Concurrent;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>
/// Blocks of memory that is dear to allocate, kept for reuse by size: callers use few sizes. Holds at most what was in use at once. Blocks
/// may come back from any thread, also after the pool is gone.
/// </summary>
internal sealed class BlockPool(MemoryKind memory, Action enter) : IDisposable
{
    private readonly ConcurrentDictionary<long, ConcurrentBag<nint>> _free = new();
    private volatile bool _disposed;

    public Block Rent(long size)
    {
        enter();
        nint address = Bag(size).TryTake(out nint kept) ? kept : memory.Allocate(size);
        return new(address, size, Return);
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (ConcurrentBag<nint> bag in _free.Values)
            Empty(bag);
    }

    private void Return(nint address, long size)
    {
        ConcurrentBag<nint> bag = Bag(size);
        bag.Add(address);
        if (_disposed)
            Empty(bag);
    }

    private void Empty(ConcurrentBag<nint> bag)
    {
        enter();
        while (bag.TryTake(out nint address))
            memory.Free(address);
    }

    private ConcurrentBag<nint> Bag(long size) => _free.GetOrAdd(size, _ => []);
}
