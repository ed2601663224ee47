using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Options;

/// <summary>How long a process may take to end.</summary>
internal static class ShutdownLimit
{
    /// <summary>Time to drain, to hand over, and some for the silo and the devices to end after it.</summary>
    public static TimeSpan For(GridOptions options) =>
        TimeSpan.FromMilliseconds(2L * options.Shutdown.DrainMilliseconds) + TimeSpan.FromSeconds(10);
}
