namespace VitGrid.Indexing.Items;

/// <summary>
/// Bounds the bytes of images in memory; first come, first served, and an image above the bound passes when it is alone. Any thread may
/// call.
/// </summary>
internal sealed class ByteGate(long most)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Ready)> _waiting = [];
    private long _held;

    /// <summary>Waits until there is room; what is returned gives it back.</summary>
    public async Task<Held> EnterAsync(long bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<(long Bytes, TaskCompletionSource Ready)> node = new(
            (bytes, new(TaskCreationOptions.RunContinuationsAsynchronously)));
        lock (_gate)
        {
            _waiting.AddLast(node);
            Admit();
        }
        try
        {
            await node.Value.Ready.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Withdraw(node);
            throw;
        }
        return new Held(this, bytes);
    }

    private void Withdraw(LinkedListNode<(long Bytes, TaskCompletionSource Ready)> node)
    {
        lock (_gate)
        {
            if (node.List is not null)
                _waiting.Remove(node);
            else
                _held -= node.Value.Bytes;
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.First is { } first && (_held == 0 || _held + first.Value.Bytes <= most))
        {
            _waiting.RemoveFirst();
            _held += first.Value.Bytes;
            first.Value.Ready.SetResult();
        }
    }

    /// <summary>Room that is held until it is disposed.</summary>
    internal sealed class Held(ByteGate gate, long bytes) : IDisposable
    {
        /// <summary>Gives back what it turned out not to need.</summary>
        public void Shrink(long needed)
        {
            lock (gate._gate)
            {
                gate._held -= bytes - Math.Min(bytes, needed);
                bytes = Math.Min(bytes, needed);
                gate.Admit();
            }
        }

        public void Dispose() => Shrink(0);
    }
}
