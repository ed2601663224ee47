using VitGrid.Grains.Options;

namespace VitGrid.Grains.Batching;

/// <summary>
/// The door: how many pictures a model may have in the grid and how many bytes all of them may hold, from acceptance to answer. Any
/// thread may call.
/// </summary>
internal sealed class Admission(QueueOptions limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _pictures = [];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytes;
    private bool _closed;

    /// <summary>Whether <see cref="CloseAsync"/> was called.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Pictures and bytes accepted and not yet given back.</summary>
    public (int Pictures, long Bytes) Held
    {
        get
        {
            lock (_gate)
                return (_pictures.Values.Sum(), _bytes);
        }
    }

    /// <summary>Accepts one picture.</summary>
    /// <exception cref="GridException">Full, or closed.</exception>
    public Charge Admit(string model, long bytes)
    {
        lock (_gate)
        {
            if (_closed)
                throw Refusals.Draining();
            int pictures = _pictures.GetValueOrDefault(model);
            if (pictures >= limits.MaxImages || _bytes + bytes > limits.MaxBytes)
                throw Refusals.QueueFull(model, pictures, _bytes, limits);
            _pictures[model] = pictures + 1;
            _bytes += bytes;
            return new Charge(() => Return(model, bytes));
        }
    }

    /// <summary>Accepts nothing more; completes when everything accepted has been given back.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
            CompleteIfEmpty();
        }
        return _empty.Task;
    }

    private void Return(string model, long bytes)
    {
        lock (_gate)
        {
            _bytes -= bytes;
            if (--_pictures[model] == 0)
                _pictures.Remove(model);
            CompleteIfEmpty();
        }
    }

    private void CompleteIfEmpty()
    {
        if (_closed && _pictures.Count == 0)
            _empty.TrySetResult();
    }
}

/// <summary>What an accepted picture holds; given back when the last holder disposes it.</summary>
internal sealed class Charge(Action giveBack) : IDisposable
{
    private int _holders = 1;

    /// <summary>One more holder; only a holder may call.</summary>
    public Charge Share()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            giveBack();
    }
}
