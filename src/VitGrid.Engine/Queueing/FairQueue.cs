using System.Diagnostics.CodeAnalysis;
using VitGrid.Engine.Options;

namespace VitGrid.Engine.Queueing;

/// <summary>
/// One lane: first in, first out within a tenant, deficit round robin among tenants. A turn gives a tenant one unit; its first item leaves
/// when the tenant has saved what the item costs. Whoever comes after it had nothing waiting is first, once before each of the others had
/// a turn (RFC 8290 calls it a new flow): a tenant that sends little hardly waits. With one tenant it is a plain queue. Clock-free and not
/// thread-safe.
/// </summary>
internal sealed class FairQueue<T>
{
    private const int Quantum = 1;
    private const int MaxSpares = 4;

    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly Queue<Line> _newcomers = [];
    private readonly Queue<Line> _turns = [];

    // A tenant that sends one image after another would allocate a line for each.
    private readonly Stack<Line> _spares = new(MaxSpares);

    /// <summary>Items and bytes of all tenants, dead ones included until they reach the head of their line.</summary>
    public Held Held { get; private set; }

    /// <summary>Tenants that wait.</summary>
    public int Tenants { get; private set; }

    /// <summary>When the item that waits longest came; null when nothing waits.</summary>
    public TimeSpan? OldestSince
    {
        get
        {
            TimeSpan? oldest = null;
            foreach (Line line in _lines.Values)
            {
                if (line.Items.TryPeek(out Waiting<T> head) && (oldest is null || head.Since < oldest))
                    oldest = head.Since;
            }
            return oldest;
        }
    }

    /// <summary>Items of the tenant that waits with the fewest; 0 when none waits.</summary>
    public int Fewest
    {
        get
        {
            int fewest = 0;
            foreach (Line line in _lines.Values)
            {
                if (line.Items.Count > 0 && (fewest == 0 || line.Items.Count < fewest))
                    fewest = line.Items.Count;
            }
            return fewest;
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
            line.Tenant = waiting.Tenant;
            _newcomers.Enqueue(line);
        }
        if (line.Items.Count == 0)
            Tenants++;
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
        else if (line.Items.Count == 0 || line.Deficit < line.Items.Peek().Cost)
            EndTurn();
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
        foreach (Line line in _lines.Values)
        {
            while (line.Items.TryPeek(out Waiting<T> head) && head.IsDead(now))
                dropped.Add(Remove(line));
        }
    }

    /// <summary>The line whose turn it is. Empty lines leave here, when all others had a turn.</summary>
    private Line Front()
    {
        while (true)
        {
            Line line = Turns.Peek();
            if (line.Items.Count == 0)
            {
                Retire(Turns.Dequeue());
                continue;
            }
            int cost = line.Items.Peek().Cost;
            if (line.Deficit >= cost || (line.Deficit += Quantum) >= cost)
                return line;
            EndTurn();
        }
    }

    private Queue<Line> Turns => _newcomers.Count > 0 ? _newcomers : _turns;

    private void EndTurn() => _turns.Enqueue(Turns.Dequeue());

    private Waiting<T> Remove(Line line)
    {
        Waiting<T> removed = line.Items.Dequeue();
        line.Bytes -= removed.Bytes;
        Held = new(Held.Images - 1, Held.Bytes - removed.Bytes);
        if (line.Items.Count == 0)
            Tenants--;
        return removed;
    }

    private void Clear()
    {
        while (Turns.TryDequeue(out Line? line))
            Retire(line);
    }

    private void Retire(Line line)
    {
        _lines.Remove(line.Tenant);
        line.Deficit = 0;
        if (_spares.Count < MaxSpares)
            _spares.Push(line);
    }

    private sealed class Line
    {
        public Queue<Waiting<T>> Items { get; } = new();

        public string Tenant { get; set; } = "";

        public long Bytes { get; set; }

        /// <summary>Units saved for its first item.</summary>
        public int Deficit { get; set; }
    }
}
