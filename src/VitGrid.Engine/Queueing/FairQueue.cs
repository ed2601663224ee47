using System.Diagnostics.CodeAnalysis;
using VitGrid.Engine.Options;

namespace VitGrid.Engine.Queueing;

/// <summary>
/// One lane: first in, first out within a tenant, deficit round robin among tenants. A turn gives a tenant one unit; its first item leaves
/// when the tenant has saved what the item costs. A tenant with nothing waiting saves its turns, up to <see cref="Burst"/> of them, and
/// spends them before anybody else has a turn: one that stays within its share hardly waits, however much others have waiting. With one
/// tenant it is a plain queue. Clock-free and not thread-safe.
/// </summary>
internal sealed class FairQueue<T>
{
    /// <summary>Units that a tenant saves at most.</summary>
    public const int Burst = 16;

    private const int Quantum = 1;
    private const int MaxSpares = 4;

    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly Queue<Line> _turns = [];

    // Those of them that came with saved units, in turns of their own.
    private readonly Queue<Line> _ahead = [];

    // A tenant that sends one image after another would allocate a line for each.
    private readonly Stack<Line> _spares = new(MaxSpares);

    /// <summary>Items and bytes of all tenants, dead ones included until they reach the head of their line.</summary>
    public Held Held { get; private set; }

    /// <summary>Tenants that wait.</summary>
    public int Tenants { get; private set; }

    /// <summary>Whether items wait on somebody's behalf, beside whom others may come.</summary>
    public bool HasNamedTenant => Tenants > 1 || (Tenants == 1 && HeldBy("").Images == 0);

    /// <summary>Items that go before all turns, each counted as one unit.</summary>
    public int Ahead
    {
        get
        {
            int ahead = 0;
            foreach (Line line in _ahead)
                ahead += Math.Min(line.Items.Count, line.Deficit);
            return ahead;
        }
    }

    /// <summary>When the item that waits longest came; null when nothing waits.</summary>
    public TimeSpan? OldestSince
    {
        get
        {
            TimeSpan? oldest = null;
            foreach (Line line in _turns)
            {
                if (line.Items.TryPeek(out Waiting<T> head) && (oldest is null || head.Since < oldest))
                    oldest = head.Since;
            }
            return oldest;
        }
    }

    /// <summary>What <paramref name="tenant"/> has waiting.</summary>
    public Held HeldBy(string tenant) =>
        _lines.TryGetValue(tenant, out Line? line) ? new(line.Items.Count, line.Bytes) : default;

    /// <summary>Adds an item at the end of its tenant's line.</summary>
    public void Add(in Waiting<T> waiting)
    {
        if (!_lines.TryGetValue(waiting.Tenant, out Line? line))
        {
            _lines[waiting.Tenant] = line = _spares.TryPop(out Line? spare) ? spare : new();
            (line.Tenant, line.Deficit) = (waiting.Tenant, Burst);
            _turns.Enqueue(line);
        }
        if (line.Items.Count == 0)
            Come(line);
        line.Items.Enqueue(waiting);
        line.Bytes += waiting.Bytes;
        Held = new(Held.Images + 1, Held.Bytes + waiting.Bytes);
    }

    /// <summary>The item that <see cref="Dequeue"/> would take.</summary>
    public bool TryPeek([MaybeNullWhen(false)] out Waiting<T> next)
    {
        next = default;
        return Held.Images > 0 && Front().Items.TryPeek(out next);
    }

    /// <summary>Takes the item whose turn it is; there must be one.</summary>
    public Waiting<T> Dequeue()
    {
        Line line = Front();
        Waiting<T> taken = Remove(line);
        line.Deficit -= taken.Cost;
        if (Held.Images == 0)
            Clear();
        else if (line.IsAhead)
            _ahead.Enqueue(_ahead.Dequeue());
        else if (line.Items.Count == 0 || line.Deficit < line.Items.Peek().Cost)
            _turns.Enqueue(_turns.Dequeue());
        return taken;
    }

    /// <summary>Lets the dead items whose turn it is go to <paramref name="dropped"/>, until it is a live one's.</summary>
    public void DropDeadNext(TimeSpan now, ICollection<Waiting<T>> dropped)
    {
        while (TryPeek(out Waiting<T> next) && next.IsDead(now))
            dropped.Add(Remove(Front()));
    }

    /// <summary>Lets the dead items at the heads of all lines go to <paramref name="dropped"/>.</summary>
    public void DropDead(TimeSpan now, ICollection<Waiting<T>> dropped)
    {
        foreach (Line line in _turns)
        {
            while (line.Items.TryPeek(out Waiting<T> head) && head.IsDead(now))
                dropped.Add(Remove(line));
        }
    }

    private void Come(Line line)
    {
        Tenants++;
        if (line.IsAhead || line.Deficit <= 0)
            return;
        line.IsAhead = true;
        _ahead.Enqueue(line);
    }

    /// <summary>The line whose item goes next.</summary>
    private Line Front()
    {
        while (_ahead.TryPeek(out Line? ahead))
        {
            if (ahead.Items.TryPeek(out Waiting<T> head) && ahead.Deficit >= head.Cost)
                return ahead;
            ahead.IsAhead = false;
            _ahead.Dequeue();
        }
        while (true)
        {
            Line line = _turns.Peek();
            if (line.Items.TryPeek(out Waiting<T> head))
            {
                if (line.Deficit >= head.Cost || (line.Deficit += Quantum) >= head.Cost)
                    return line;
            }
            else if ((line.Deficit += Quantum) >= Burst)
            {
                // Whoever comes anew has as much.
                Retire(_turns.Dequeue());
                continue;
            }
            _turns.Enqueue(_turns.Dequeue());
        }
    }

    private Waiting<T> Remove(Line line)
    {
        Waiting<T> removed = line.Items.Dequeue();
        line.Bytes -= removed.Bytes;
        Held = new(Held.Images - 1, Held.Bytes - removed.Bytes);
        if (line.Items.Count == 0)
            Tenants--;
        return removed;
    }

    /// <summary>Nobody waits: nobody is behind anybody.</summary>
    private void Clear()
    {
        _ahead.Clear();
        while (_turns.TryDequeue(out Line? line))
            Retire(line);
    }

    private void Retire(Line line)
    {
        _lines.Remove(line.Tenant);
        line.IsAhead = false;
        if (_spares.Count < MaxSpares)
            _spares.Push(line);
    }

    private sealed class Line
    {
        public Queue<Waiting<T>> Items { get; } = new();

        public string Tenant { get; set; } = "";

        public long Bytes { get; set; }

        /// <summary>Units saved.</summary>
        public int Deficit { get; set; }

        /// <summary>Whether it goes before all turns.</summary>
        public bool IsAhead { get; set; }
    }
}
