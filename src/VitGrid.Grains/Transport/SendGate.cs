namespace VitGrid.Grains.Transport;

/// <summary>
/// Whose turn it is to write. Frames with a body go in the order of their calls; those without one go before them, so that
/// they wait for at most the frame that is being written.
/// </summary>
internal sealed class SendGate
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _small = new();
    private readonly Queue<TaskCompletionSource> _large = new();
    private TaskCompletionSource? _last;
    private bool _busy;
    private LinkEnd? _closed;

    /// <summary>Waits for a turn; <see cref="Leave"/> ends it.</summary>
    /// <exception cref="LinkEndedException">The gate is closed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the turn came.</exception>
    public ValueTask EnterAsync(bool small, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_closed is not null)
                throw new LinkEndedException(_closed);
            if (!_busy)
            {
                _busy = true;
                return ValueTask.CompletedTask;
            }
            turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            (small ? _small : _large).Enqueue(turn);
        }
        return cancellation.CanBeCanceled ? WaitAsync(turn, cancellation) : new(turn.Task);
    }

    /// <summary>Takes the turn if nobody has it.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_busy || _closed is not null)
                return false;
            _busy = true;
            return true;
        }
    }

    /// <summary>Ends a turn; the next begins.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            while (_small.TryDequeue(out TaskCompletionSource? next) || _large.TryDequeue(out next))
            {
                // A cancelled caller has left the queue without a trace but its entry.
                if (next.TrySetResult())
                    return;
            }
            _busy = _last?.TrySetResult() ?? false;
        }
    }

    /// <summary>Lets nobody else in, and waits until those before have left; the gate is the caller's from then on.</summary>
    public Task CloseAsync(LinkEnd end)
    {
        lock (_lock)
        {
            if (_closed is not null)
                return Task.CompletedTask;
            _closed = end;
            if (!_busy)
                return Task.CompletedTask;
            _last = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _last.Task;
        }
    }

    /// <summary>Turns away everybody who waits or comes.</summary>
    public void Fail(LinkEnd end)
    {
        lock (_lock)
        {
            _closed ??= end;
            while (_small.TryDequeue(out TaskCompletionSource? waiting) || _large.TryDequeue(out waiting))
                waiting.TrySetException(new LinkEndedException(end));
            _last?.TrySetResult();
        }
    }

    private static async ValueTask WaitAsync(TaskCompletionSource turn, CancellationToken cancellation)
    {
        await using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn);
        await turn.Task.ConfigureAwait(false);
    }
}
