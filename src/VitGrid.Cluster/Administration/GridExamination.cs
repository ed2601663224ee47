namespace VitGrid.Cluster.Administration;

/// <summary>What was found when every process of a grid was asked, and one image sent through every replica.</summary>
/// <param name="Processes">The workers.</param>
/// <param name="Replicas">The replicas that serve.</param>
public sealed record GridExamination(IReadOnlyList<ExaminedProcess> Processes, IReadOnlyList<ExaminedReplica> Replicas);

/// <summary>A worker's process.</summary>
/// <param name="Node">Its name, as <c>cluster status</c> prints it.</param>
/// <param name="Problem">Why it did not answer; null when it did, and nothing else is known otherwise.</param>
public sealed record ExaminedProcess(string Node, string? Problem)
{
    /// <summary>Its build.</summary>
    public string Version { get; init; } = "";

    /// <summary>How long the question was on its way and back.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>
    /// By how much its clock is ahead of the one that asked, to within half of <see cref="Took"/>; null: it does not tell.
    /// </summary>
    public TimeSpan? Ahead { get; init; }

    /// <summary>When its certificates end, by the setting that names them; null: a file cannot be read.</summary>
    public IReadOnlyList<(string Setting, DateTimeOffset? Ends)> Certificates { get; init; } = [];

    /// <summary>What is left on the disks it reads and writes; no free bytes: that cannot be asked.</summary>
    public IReadOnlyList<(string Purpose, string Folder, long? FreeBytes, long Bytes)> Disks { get; init; } = [];
}

/// <summary>A replica.</summary>
/// <param name="Replica">Model, number and incarnation.</param>
/// <param name="Devices">What it runs on, in the order an image passes it.</param>
/// <param name="Took">Time of one image through it.</param>
/// <param name="Problem">Why it gave no vector, or how its vector differs from that of the model's first replica; null: it is well.</param>
public sealed record ExaminedReplica(string Replica, string Devices, TimeSpan Took, string? Problem);
