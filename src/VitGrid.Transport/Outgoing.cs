namespace VitGrid.Transport;

/// <summary>
/// A frame that waits for its turn. It is sent whole or not at all: whoever is first, the writer or the one who gives it up.
/// </summary>
internal sealed class Outgoing(ushort kind, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
{
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _settled;

    /// <summary>What it is called.</summary>
    public ushort Kind => kind;

    /// <summary>Its head.</summary>
    public ReadOnlyMemory<byte> Head => head;

    /// <summary>Its body.</summary>
    public ReadOnlyMemory<byte> Body => body;

    /// <summary>Completes when the memory may be reused.</summary>
    public Task Sent => _sent.Task;

    /// <summary>The writer takes it; false if it was given up.</summary>
    public bool TryBegin() => Settle();

    /// <summary>Its bytes are with the system.</summary>
    public void Complete() => _sent.SetResult();

    /// <summary>The link has ended while it was written.</summary>
    public void Break(LinkEndedException failure)
    {
        _sent.SetException(failure);
        // A keep-alive has nobody who waits for it.
        _ = _sent.Task.Exception;
    }

    /// <summary>It will not be sent, unless the writer has it already.</summary>
    public void GiveUp(LinkEnd end)
    {
        if (Settle())
            Break(new LinkEndedException(end));
    }

    /// <inheritdoc cref="GiveUp(LinkEnd)"/>
    public void GiveUp(CancellationToken cancelled)
    {
        if (Settle())
            _sent.SetCanceled(cancelled);
    }

    private bool Settle() => Interlocked.Exchange(ref _settled, 1) == 0;
}
