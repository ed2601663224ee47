using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Contracts;

/// <summary>
/// A worker's process as an operator asks after it, pinned to its silo: its key is a <see cref="SegmentGrainKey"/>, of which the silo
/// counts (<see cref="KeyOf"/>). Front ends do not ask it.
/// </summary>
[Alias("vitgrid.process")]
internal interface IProcessGrain : IGrainWithStringKey
{
    /// <summary>What the process is, and what its machine has left.</summary>
    [Alias("report")]
    Task<ProcessReport> ReportAsync();

    /// <summary>Sends one image through a replica, from this process: gives its pooled vector.</summary>
    /// <param name="replica">The incarnation.</param>
    /// <exception cref="ReplicaLostException">It does not serve, as far as this process knows.</exception>
    [Alias("probe")]
    Task<float[]> ProbeAsync(ReplicaKey replica);

    /// <summary>The key of a silo's process.</summary>
    static string KeyOf(SiloAddress silo) => new SegmentGrainKey(new(new("process", 0, 0), 0), silo).ToString();
}

/// <summary>What a process says of itself.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.process-report")]
internal sealed record ProcessReport
{
    /// <summary>Its build.</summary>
    [Id(0)] public required string Version { get; init; }

    /// <summary>Its clock, milliseconds since 1970.</summary>
    [Id(1)] public required long Milliseconds { get; init; }

    /// <summary>When its certificates end, by what they are for; none without TLS.</summary>
    [Id(2)] public ImmutableArray<CertificateRow> Certificates { get; init; } = [];

    /// <summary>What is left where it writes or reads much.</summary>
    [Id(3)] public ImmutableArray<DiskRow> Disks { get; init; } = [];
}

/// <summary>A certificate's file.</summary>
/// <param name="Setting">The setting that names it.</param>
/// <param name="EndsMilliseconds">When it ends, milliseconds since 1970; null: it cannot be read.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.certificate-row")]
internal sealed record CertificateRow([property: Id(0)] string Setting, [property: Id(1)] long? EndsMilliseconds);

/// <summary>A folder's disk.</summary>
/// <param name="Purpose">What the folder is for.</param>
/// <param name="Folder">The folder.</param>
/// <param name="FreeBytes">What this user may still write; null: that cannot be asked.</param>
/// <param name="Bytes">The disk's size.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.disk-row")]
internal sealed record DiskRow(
    [property: Id(0)] string Purpose, [property: Id(1)] string Folder, [property: Id(2)] long? FreeBytes, [property: Id(3)] long Bytes);
