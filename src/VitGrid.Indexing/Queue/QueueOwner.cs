using VitGrid.Engine.Options;

namespace VitGrid.Indexing.Queue;

/// <summary>
/// Whose a queue is. One grid works on it, since two would set aside each other's jobs for ever; its name is written into the queue and
/// goes 15 s after its last process.
/// </summary>
public static class QueueOwner
{
    /// <summary>Time after which a silent grid no longer owns the queue.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The grid's name: its id, and of a grid of one process its machine and process too, since another of that id is another grid.
    /// </summary>
    public static string NameFrom(ClusterOptions cluster) =>
        IsAlone(cluster) ? $"{cluster.Id} on {Environment.MachineName}, process {Environment.ProcessId}" : cluster.Id;

    /// <summary>Whether one process is the whole grid.</summary>
    internal static bool IsAlone(ClusterOptions cluster) => cluster.Redis is null;

    /// <summary>The right to the queue as a grid holds it.</summary>
    internal static Lease LeaseFor(QueueConnection connection, string grid) => new(connection, IndexKeys.Owner, grid, Silence);
}
