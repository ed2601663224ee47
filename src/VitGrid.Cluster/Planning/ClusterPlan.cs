using VitGrid.Model.Segments;

namespace VitGrid.Cluster.Planning;

/// <summary>One segment's place.</summary>
/// <param name="Blocks">The blocks it holds.</param>
/// <param name="Node">The process.</param>
/// <param name="Device">The device there.</param>
/// <param name="Bytes">Its weights, and with the first segment of a replica on a device the activations of one batch.</param>
public sealed record PlacedSegment(BlockRange Blocks, string Node, string Device, long Bytes);

/// <summary>One replica of a model: its segments in the order in which an image passes them.</summary>
/// <param name="Model">The model.</param>
/// <param name="Replica">Its number among the model's replicas; it keeps the number while it stays.</param>
/// <param name="Segments">Its segments.</param>
/// <param name="ImagesPerSecond">What its slowest device manages, a device with several models giving each an equal share.</param>
public sealed record PlacedReplica(string Model, int Replica, ImmutableArray<PlacedSegment> Segments, double ImagesPerSecond);

/// <summary>What a model lacks.</summary>
/// <param name="Model">The model.</param>
/// <param name="Replicas">Replicas that have no place.</param>
/// <param name="TotalBytes">Memory that all its possible devices together lack for one more replica.</param>
/// <param name="DeviceBytes">Memory that the best of them lacks to hold the whole model.</param>
/// <param name="Message">Both in words, with the remedy.</param>
public sealed record PlanShortage(string Model, int Replicas, long TotalBytes, long DeviceBytes, string Message);

/// <summary>Where every replica of every model runs, and what has no place. Ordered by model and replica.</summary>
public sealed record ClusterPlan(ImmutableArray<PlacedReplica> Replicas, ImmutableArray<PlanShortage> Shortages)
{
    /// <summary>Images a second of all replicas of <paramref name="model"/>.</summary>
    internal double ImagesPerSecond(string model) =>
        Replicas.Where(replica => replica.Model == model).Sum(replica => replica.ImagesPerSecond);
}
