using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Planning.Ledger;

/// <summary>One incarnation of a replica as the planner follows it from its plan to its end.</summary>
/// <param name="Placed">What was planned.</param>
/// <param name="Layout">The same with processes' addresses and an epoch of its own.</param>
/// <param name="State">How far it is.</param>
/// <param name="Since">When it came into that state, on the planner's clock.</param>
/// <param name="Problem">Why it failed; null otherwise.</param>
internal sealed record Generation(PlacedReplica Placed, ReplicaLayout Layout, ReplicaState State, TimeSpan Since, string? Problem = null)
{
    /// <summary>
    /// A device of it is out: it is shown as loading and given nothing, but stays loaded, so that the device's probes can pass and it
    /// serves on, until the plan has another place for it.
    /// </summary>
    public bool IsResting { get; init; }

    public ReplicaKey Key => Layout.Key;

    public IEnumerable<StageKey> Stages => Enumerable.Range(0, Layout.Stages.Length).Select(segment => new StageKey(Key, segment));

    /// <summary>Whether a plan puts the same blocks on the same devices.</summary>
    public bool IsFor(PlacedReplica planned) =>
        Placed.Model == planned.Model && Placed.Replica == planned.Replica && Placed.Segments.SequenceEqual(planned.Segments);

    public bool SameReplica(Generation other) => Key.Model == other.Key.Model && Key.Replica == other.Key.Replica;

    public Generation As(ReplicaState state, TimeSpan now, string? problem = null) =>
        State == state ? this : this with { State = state, Since = now, Problem = problem };
}
