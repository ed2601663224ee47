using System.Diagnostics;
using System.Text.RegularExpressions;
using VitGrid.Engine.Options;

namespace VitGrid.Indexing.Queue;

/// <summary>
/// Whose a queue is. One grid works on it, since two would set aside each other's jobs for ever; its name is written into the queue and
/// goes 15 s after its last process, or at once where that was alone and is seen to have ended.
/// </summary>
public static partial class QueueOwner
{
    /// <summary>Time after which a silent grid no longer owns the queue.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The grid's name: its id, and of a grid of one process its machine and process too, since another of that id is another grid.
    /// </summary>
    public static string NameFrom(ClusterOptions cluster) =>
        IsAlone(cluster) ? NameFrom(cluster.Id, Environment.ProcessId) : cluster.Id;

    /// <summary>The name of a grid of one process on this machine.</summary>
    internal static string NameFrom(string id, int process) => $"{id} on {Environment.MachineName}, process {process} {Space}".TrimEnd();

    /// <summary>Whether one process is the whole grid.</summary>
    internal static bool IsAlone(ClusterOptions cluster) => cluster.Redis is null;

    /// <summary>The right to the queue as a grid holds it.</summary>
    internal static Lease LeaseFor(QueueConnection connection, string grid) => new(connection, IndexKeys.Owner, grid, Silence);

    /// <summary>Takes or renews the queue for a grid; gives the name of the one that has it now.</summary>
    internal static async Task<string> TakeAsync(QueueConnection connection, string grid)
    {
        string owner = await LeaseFor(connection, grid).TakeAsync();
        if (owner == grid || !HasEnded(owner))
            return owner;
        await LeaseFor(connection, owner).ReleaseAsync();
        return await LeaseFor(connection, grid).TakeAsync();
    }

    // Process numbers mean something only within one space of them: containers may share the machine's name.
    private static string Space => new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";

    private static bool HasEnded(string owner) =>
        LoneName().Match(owner) is { Success: true } name && int.TryParse(name.Groups["process"].Value, out int process)
            && Space.Length > 0 && owner == NameFrom(name.Groups["id"].Value, process) && !IsRunning(process);

    private static bool IsRunning(int process)
    {
        try
        {
            using Process found = Process.GetProcessById(process);
            string stat = File.ReadAllText($"/proc/{process}/stat");
            // Behind the name in brackets: Z and X are processes that have ended and of which only the number is left.
            return stat[(stat.LastIndexOf(')') + 1)..].TrimStart() is not ['Z' or 'X', ..];
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    [GeneratedRegex(@"^(?<id>.+) on [^,]+, process (?<process>\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex LoneName();
}
