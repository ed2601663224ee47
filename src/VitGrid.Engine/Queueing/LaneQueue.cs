using System.Diagnostics.CodeAnalysis;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Queueing;

/// <summary>
/// Two lanes, fair among tenants each (<see cref="FairQueue{T}"/>), and the rule which goes next. While both wait, one bulk item follows
/// each <c>interactiveWeight</c> interactive ones; once half of the bulk head's time is gone, they alternate. So bulk always moves, and
/// interactive always gets at least every second turn. Clock-free and not thread-safe: its owner says the time and serialises.
/// </summary>
internal sealed class LaneQueue<T>(int interactiveWeight)
{
    private readonly FairQueue<T> _interactive = new();
    private readonly FairQueue<T> _bulk = new();
    private int _interactiveTurns;

    /// <summary>Items held, dead ones included until they reach the head of their line.</summary>
    public int Count => _interactive.Held.Images + _bulk.Held.Images;

    /// <summary>Those items and their bytes.</summary>
    public Held Held => new(Count, _interactive.Held.Bytes + _bulk.Held.Bytes);

    /// <summary>When the item that waits longest came; null when nothing waits.</summary>
    public TimeSpan? OldestSince => (_interactive.OldestSince, _bulk.OldestSince) switch
    {
        ({ } interactive, { } bulk) => interactive < bulk ? interactive : bulk,
        (var interactive, var bulk) => interactive ?? bulk,
    };

    /// <summary>What each lane holds.</summary>
    public QueueState State =>
        new(new(_interactive.Held.Images, _interactive.OldestSince), new(_bulk.Held.Images, _bulk.OldestSince));

    /// <summary>One lane.</summary>
    public FairQueue<T> this[Lane lane] => lane == Lane.Interactive ? _interactive : _bulk;

    /// <summary>What <paramref name="lane"/> holds.</summary>
    public Held HeldIn(Lane lane) => this[lane].Held;

    public void Add(in Waiting<T> waiting) => this[waiting.Lane].Add(waiting);

    /// <summary>Takes the next live item; expired and cancelled ones that stood before it go to <paramref name="dropped"/>.</summary>
    public bool TryTake(TimeSpan now, ICollection<Waiting<T>> dropped, [MaybeNullWhen(false)] out Waiting<T> taken)
    {
        _interactive.DropDeadNext(now, dropped);
        _bulk.DropDeadNext(now, dropped);
        bool any = Count > 0;
        taken = any ? NextLane(now).Dequeue() : default;
        return any;
    }

    /// <summary>Lets the expired and cancelled items at the heads of all lines go to <paramref name="dropped"/>.</summary>
    public void DropDead(TimeSpan now, ICollection<Waiting<T>> dropped)
    {
        _interactive.DropDead(now, dropped);
        _bulk.DropDead(now, dropped);
    }

    private FairQueue<T> NextLane(TimeSpan now)
    {
        if (_interactive.Held.Images > 0 && _bulk.TryPeek(out Waiting<T> bulk))
        {
            int due = bulk.IsAged(now) ? 1 : interactiveWeight;
            if (_interactiveTurns < due)
            {
                _interactiveTurns++;
                return _interactive;
            }
        }
        _interactiveTurns = 0;
        return _bulk.Held.Images > 0 ? _bulk : _interactive;
    }
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
    /// <summary>On whose behalf: lanes are fair among these; empty: nobody's in particular.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>What it takes of its tenant's turns, at least 1.</summary>
    public int Cost { get; init; } = 1;

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
