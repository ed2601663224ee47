namespace VitGrid.Engine.Features;

/// <summary>
/// The bytes of features that a process computes or holds until they are sent. Who finds no room waits in turn, and is not passed by
/// smaller ones. Any thread may call.
/// </summary>
/// <param name="limit">Bytes that may be held at once; what alone is larger waits until nothing is held.</param>
public sealed class FeatureMemory(long limit)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private long _held;

    /// <summary>Bytes that may be held.</summary>
    public long Limit => limit;

    /// <summary>Bytes that are held.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>Takes bytes; they are given back when what this gives is disposed.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while it waited.</exception>
    public async Task<IDisposable> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        Waiter waiter = new(bytes);
        lock (_gate)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                _held += bytes;
                return new Share(this, bytes);
            }
            _waiting.AddLast(waiter);
        }
        await using (cancellationToken.UnsafeRegister(_ => GiveUp(waiter, cancellationToken), null))
            await waiter.Turn.Task;
        return new Share(this, bytes);
    }

    private bool Fits(long bytes) => _held == 0 || _held + bytes <= limit;

    private void GiveUp(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            // One whose turn has come holds its bytes.
            if (!_waiting.Remove(waiter))
                return;
            waiter.Turn.TrySetCanceled(cancellationToken);
            Admit();
        }
    }

    private void Return(long bytes)
    {
        lock (_gate)
        {
            _held -= bytes;
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.First?.Value is { } next && Fits(next.Bytes))
        {
            _waiting.RemoveFirst();
            _held += next.Bytes;
            next.Turn.TrySetResult();
        }
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes => bytes;

        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Share(FeatureMemory memory, long bytes) : IDisposable
    {
        private int _returned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _returned, 1) == 0)
                memory.Return(bytes);
        }
    }
}
