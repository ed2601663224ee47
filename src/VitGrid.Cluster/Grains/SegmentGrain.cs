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
    private StageKey Stage => SegmentGrainKey.Parse(this.GetPrimaryKeyString()).Stage;

    public Task EnsureAsync(ReplicaLayout layout)
    {
        host.Ensure(layout, Stage.Segment);
        return Task.CompletedTask;
    }

    public async Task ReleaseAsync()
    {
        await host.ReleaseAsync(Stage);
        DeactivateOnIdle();
    }
}
