namespace VitGrid.Cluster.Contracts;

/// <summary>
/// One stage of a replica, pinned to the silo that its key names (see <see cref="SegmentGrainKey"/>). It says who and where; the silo's
/// segment host owns the session, and batches reach it over the data plane.
/// </summary>
[Alias("vitgrid.segment")]
internal interface ISegmentGrain : IGrainWithStringKey
{
    /// <summary>Sees to it that the stage is loaded or being loaded; returns at once. May be called again.</summary>
    [Alias("ensure")]
    Task EnsureAsync(ReplicaLayout layout);

    /// <summary>
    /// Finishes the batches the stage holds, frees it and ends the grain; answers after 20 s although that goes on. May be called again.
    /// </summary>
    [Alias("release")]
    Task ReleaseAsync();
}
