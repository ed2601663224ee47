using System.Diagnostics.CodeAnalysis;

namespace VitGrid.Grains.Batching;

/// <summary>
/// Two first-in-first-out lanes and the rule which goes next. While both wait, one bulk item follows each
/// <c>interactiveWeight</c> interactive ones; once half of the bulk head's time is gone, they alternate. So bulk always moves, and
/// interactive always gets at least every second turn. Clock-free and not thread-safe: its owner says the time and serialises.
/// </summary>
internal sealed class LaneQueue<T>(int interactiveWeight)
{
    private readonly Queue<Waiting<T>> _interactive = new();
    private readonly Queue<Waiting<T>> _bulk = new();
    private int _interactiveTurns;

    /// <summary>Items held, dead ones included until they reach the head of their lane.</summary>
    public int Count => _interactive.Count + _bulk.Count;

    /// <summary>Bytes those items hold.</summary>
    public long Bytes { get; private set; }

    /// <summary>When the item that waits longest came; null when nothing waits.</summary>
    public TimeSpan? OldestSince => (Head(_interactive), Head(_bulk)) switch
    {
        ({ } interactive, { } bulk) => interactive < bulk ? interactive : bulk,
        (var interactive, var bulk) => interactive ?? bulk,
    };

    /// <summary>What each lane holds.</summary>
    public QueueState State => new(new(_interactive.Count, Head(_interactive)), new(_bulk.Count, Head(_bulk)));

    public void Add(Waiting<T> waiting)
    {
        Bytes += waiting.Bytes;
        (waiting.Lane == Lane.Interactive ? _interactive : _bulk).Enqueue(waiting);
    }

    /// <summary>Takes the next live item; expired and cancelled ones that stood before it go to <paramref name="dropped"/>.</summary>
    public bool TryTake(TimeSpan now, ICollection<Waiting<T>> dropped, [MaybeNullWhen(false)] out Waiting<T> taken)
    {
        DropDead(_interactive, now, dropped);
        DropDead(_bulk, now, dropped);
        bool any = Count > 0;
        taken = any ? Dequeue(NextLane(now)) : default;
        return any;
    }

    private Queue<Waiting<T>> NextLane(TimeSpan now)
    {
        if (_interactive.Count > 0 && _bulk.TryPeek(out Waiting<T> bulk))
        {
            int due = bulk.IsAged(now) ? 1 : interactiveWeight;
            if (_interactiveTurns < due)
            {
                _interactiveTurns++;
                return _interactive;
            }
        }
        _interactiveTurns = 0;
        return _bulk.Count > 0 ? _bulk : _interactive;
    }

    private void DropDead(Queue<Waiting<T>> lane, TimeSpan now, ICollection<Waiting<T>> dropped)
    {
        while (lane.TryPeek(out Waiting<T> head) && head.IsDead(now))
            dropped.Add(Dequeue(lane));
    }

    private Waiting<T> Dequeue(Queue<Waiting<T>> lane)
    {
        Waiting<T> waiting = lane.Dequeue();
        Bytes -= waiting.Bytes;
        return waiting;
    }

    private static TimeSpan? Head(Queue<Waiting<T>> lane) => lane.TryPeek(out Waiting<T> head) ? head.Since : null;
}
