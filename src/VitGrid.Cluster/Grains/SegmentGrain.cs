using Orleans.Concurrency;
using Orleans.Placement;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Segments;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Grains;

/// <summary>
/// The address of one stage: pinned to its silo, immovable, alive until it is released. Its host owns the session, which was loaded long
/// after this grain was activated.
/// </summary>
[PinnedPlacement, Immovable, Reentrant, KeepAlive]
internal sealed class SegmentGrain(SegmentHost host) : Grain, ISegmentGrain
{
    // A stage that is still being loaded ends when it is loaded: nobody waits so long for a grain, and the planner asks again.
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    private StageKey Stage => SegmentGrainKey.Parse(this.GetPrimaryKeyString()).Stage;

    public Task EnsureAsync(ReplicaLayout layout)
    {
        host.Ensure(layout, Stage.Segment);
        return Task.CompletedTask;
    }

    public async Task ReleaseAsync()
    {
        Task released = host.ReleaseAsync(Stage);
        if (await Task.WhenAny(released, Task.Delay(MaxWait)) == released)
            await released;
        DeactivateOnIdle();
    }
}
