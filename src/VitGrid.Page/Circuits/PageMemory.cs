namespace VitGrid.Page.Circuits;

/// <summary>Bytes of images and patches that pages hold, of all pages of this process together. Any thread may call.</summary>
internal sealed class PageMemory
{
    /// <summary>Bytes that all pages may hold.</summary>
    public const long MaxBytes = 512L << 20;

    private long _held;

    /// <summary>Bytes that are held.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>Takes room for some bytes, which must be given back; false: there is none.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= MaxBytes)
            return true;
        Give(bytes);
        return false;
    }

    /// <summary>Gives room back.</summary>
    public void Give(long bytes) => Interlocked.Add(ref _held, -bytes);
}

/// <summary>
/// Bytes of images and patches that one page holds; what it has not given back itself is given back when its circuit ends. Any thread may
/// call.
/// </summary>
/// <param name="all">Of all pages.</param>
internal sealed class CircuitMemory(PageMemory all) : IDisposable
{
    /// <summary>Bytes that one page may hold.</summary>
    public const long MaxBytes = 128L << 20;

    private readonly Lock _gate = new();
    private long _held;
    private bool _isClosed;

    /// <summary>Bytes that are held.</summary>
    public long Held
    {
        get
        {
            lock (_gate)
                return _held;
        }
    }

    /// <summary>Takes room for some bytes.</summary>
    /// <returns>Null, or the bound that leaves no room for them.</returns>
    public long? Take(long bytes)
    {
        lock (_gate)
        {
            if (_isClosed || bytes > MaxBytes - _held)
                return MaxBytes;
            if (!all.TryTake(bytes))
                return PageMemory.MaxBytes;
            _held += bytes;
            return null;
        }
    }

    /// <summary>Gives room back.</summary>
    public void Give(long bytes)
    {
        lock (_gate)
        {
            // All of it was given back by the circuit's end.
            if (_isClosed)
                return;
            _held -= bytes;
            all.Give(bytes);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_isClosed)
                all.Give(_held);
            (_held, _isClosed) = (0, true);
        }
    }
}
