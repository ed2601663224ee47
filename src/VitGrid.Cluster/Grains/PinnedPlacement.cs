using Orleans.Placement;
using Orleans.Runtime.Placement;
using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Grains;

/// <summary>Segment grains live where the planner put them and nowhere else.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.pinned-placement")]
internal sealed class PinnedPlacement : PlacementStrategy;

/// <summary>Marks a grain as pinned by <see cref="PinnedPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PinnedPlacementAttribute() : PlacementAttribute(new PinnedPlacement());

/// <summary>Reads the silo from the grain's key.</summary>
internal sealed class PinnedPlacementDirector : IPlacementDirector
{
    /// <exception cref="SiloUnavailableException">That silo is not, or no longer, active: the planner will have another key.</exception>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SegmentGrainKey key = SegmentGrainKey.Parse(target.GrainIdentity.Key.ToString()!);
        return context.GetCompatibleSilos(target).Contains(key.Silo)
            ? Task.FromResult(key.Silo)
            : throw new SiloUnavailableException($"stage {key.Stage} is pinned to silo {key.Silo}, which is not active");
    }
}
