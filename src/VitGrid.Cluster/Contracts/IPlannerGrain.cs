using Orleans.Concurrency;

namespace VitGrid.Cluster.Contracts;

/// <summary>The one planner of a grid: hears every worker, decides who runs what, and publishes the table. Key: 0.</summary>
[Alias("vitgrid.planner")]
internal interface IPlannerGrain : IGrainWithIntegerKey
{
    /// <summary>Takes a worker's report and answers with the newest table.</summary>
    [Alias("report")]
    Task<GridTable> ReportAsync(WorkerReport report);

    /// <summary>
    /// Answers when there is a table above <paramref name="version"/>, at the latest after <paramref name="timeout"/> with the present
    /// one.
    /// </summary>
    /// <remarks>A caller that ends cancels: the planner's silo could not stop before the timeout has passed.</remarks>
    [Alias("watch"), AlwaysInterleave]
    Task<GridTable> WatchAsync(long version, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Asks a worker to finish what it has, hand over and leave.</summary>
    /// <returns>False when no worker has that name.</returns>
    [Alias("drain")]
    Task<bool> DrainAsync(string node);

    /// <summary>What each worker did when it last reported.</summary>
    [Alias("loads"), AlwaysInterleave]
    Task<ImmutableArray<NodeLoad>> LoadsAsync();
}
