using System.Diagnostics.CodeAnalysis;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Queueing;

/// <summary>
/// Two first-in-first-out lanes and the rule which goes next. While both wait, one bulk item follows each
/// <c>interactiveWeight</c> interactive ones; once half of the bulk head's time is gone, they alternate. So bulk always moves, and
/// interactive always gets at least every second turn. Clock-free and not thread-safe: its owner says the time and serialises.
/// </summary>
internal sealed class LaneQueue<T>(int interactiveWeight)
{
    private readonly Queue<Waiting<T>> _interactive = new();
    private readonly Queue<Waiting<T>> _bulk = new();
    private long _interactiveBytes;
    private long _bulkBytes;
    private int _interactiveTurns;

    /// <summary>Items held, dead ones included until they reach the head of their lane.</summary>
    public int Count => _interactive.Count + _bulk.Count;

    /// <summary>Those items and their bytes.</summary>
    public Held Held => new(Count, _interactiveBytes + _bulkBytes);

    /// <summary>When the item that waits longest came; null when nothing waits.</summary>
    public TimeSpan? OldestSince => (Head(_interactive), Head(_bulk)) switch
    {
        ({ } interactive, { } bulk) => interactive < bulk ? interactive : bulk,
        (var interactive, var bulk) => interactive ?? bulk,
    };

    /// <summary>What each lane holds.</summary>
    public QueueState State => new(new(_interactive.Count, Head(_interactive)), new(_bulk.Count, Head(_bulk)));

    /// <summary>What <paramref name="lane"/> holds.</summary>
    public Held HeldIn(Lane lane) => lane == Lane.Interactive ? new(_interactive.Count, _interactiveBytes) : new(_bulk.Count, _bulkBytes);

    public void Add(Waiting<T> waiting)
    {
        BytesOf(waiting.Lane) += waiting.Bytes;
        QueueOf(waiting.Lane).Enqueue(waiting);
    }

    /// <summary>Takes the next live item; expired and cancelled ones that stood before it go to <paramref name="dropped"/>.</summary>
    public bool TryTake(TimeSpan now, ICollection<Waiting<T>> dropped, [MaybeNullWhen(false)] out Waiting<T> taken)
    {
        DropDead(now, dropped);
        bool any = Count > 0;
        taken = any ? Dequeue(NextLane(now)) : default;
        return any;
    }

    /// <summary>Lets the expired and cancelled items at the heads of both lanes go to <paramref name="dropped"/>.</summary>
    public void DropDead(TimeSpan now, ICollection<Waiting<T>> dropped)
    {
        DropDead(_interactive, now, dropped);
        DropDead(_bulk, now, dropped);
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
        BytesOf(waiting.Lane) -= waiting.Bytes;
        return waiting;
    }

    private Queue<Waiting<T>> QueueOf(Lane lane) => lane == Lane.Interactive ? _interactive : _bulk;

    private ref long BytesOf(Lane lane) => ref lane == Lane.Interactive ? ref _interactiveBytes : ref _bulkBytes;

    private static TimeSpan? Head(Queue<Waiting<T>> lane) => lane.TryPeek(out Waiting<T> head) ? head.Since : null;
}

/// <summary>Something that waits in a lane. Times count from an origin its queue's owner chose.</summary>
/// <param name="Item">What waits.</param>
/// <param name="Lane">Where.</param>
/// <param name="Bytes">What it holds meanwhile.</param>
/// <param name="Since">When it came.</param>
/// <param name="Deadline">From when on nobody wants it.</param>
/// <param name="Cancellation">Signalled when nobody wants it any more.</param>
internal readonly record struct Waiting<T>(
    T Item, Lane Lane, long Bytes, TimeSpan Since, TimeSpan Deadline, CancellationToken Cancellation)
{
    public bool IsDead(TimeSpan now) => now >= Deadline || Cancellation.IsCancellationRequested;

    /// <summary>Half of its time is gone.</summary>
    public bool IsAged(TimeSpan now) => now - Since >= (Deadline - Since) / 2;
}

/// <summary>What waited in a lane: how many, and since when the first.</summary>
public readonly record struct LaneState(int Count, TimeSpan? OldestSince);

/// <summary>What waited in a queue at one moment.</summary>
public sealed record QueueState(LaneState Interactive, LaneState Bulk)
{
    /// <summary>Both lanes empty.</summary>
    public static QueueState Empty { get; } = new(default, default);
}
