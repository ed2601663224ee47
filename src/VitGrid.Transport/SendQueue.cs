using System.Diagnostics.CodeAnalysis;

namespace VitGrid.Transport;

/// <summary>
/// What a link has to send. Frames with a body go in the order in which they came; those without one go before them, so that they wait
/// for at most the frame that is being written. Bounded by its users: each waits for its frame.
/// </summary>
internal sealed class SendQueue
{
    private readonly object _lock = new();
    private readonly Queue<Outgoing> _small = new();
    private readonly Queue<Outgoing> _large = new();
    private LinkEnd? _closed;

    /// <summary>Adds a frame.</summary>
    /// <exception cref="LinkEndedException">Nothing is taken any more.</exception>
    public void Add(Outgoing frame)
    {
        lock (_lock)
        {
            if (_closed is not null)
                throw new LinkEndedException(_closed);
            (frame.Body.IsEmpty ? _small : _large).Enqueue(frame);
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Adds a frame if none waits.</summary>
    public bool TryAddAlone(Outgoing frame)
    {
        lock (_lock)
        {
            if (_closed is not null || _small.Count + _large.Count > 0)
                return false;
            Add(frame);
            return true;
        }
    }

    /// <summary>Waits for the next frame; false when nothing comes any more. For the one writer.</summary>
    public bool TryDequeue([NotNullWhen(true)] out Outgoing? frame)
    {
        lock (_lock)
        {
            while (true)
            {
                if (_small.TryDequeue(out frame) || _large.TryDequeue(out frame))
                {
                    if (frame.TryBegin())
                        return true;
                }
                else if (_closed is not null)
                    return false;
                else
                    Monitor.Wait(_lock);
            }
        }
    }

    /// <summary>Takes no more; what waits is still sent.</summary>
    public void Close(LinkEnd end)
    {
        lock (_lock)
        {
            _closed ??= end;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Takes no more and turns away what waits.</summary>
    public void Fail(LinkEnd end)
    {
        lock (_lock)
        {
            _closed ??= end;
            while (_small.TryDequeue(out Outgoing? waiting) || _large.TryDequeue(out waiting))
                waiting.GiveUp(end);
            Monitor.Pulse(_lock);
        }
    }
}
