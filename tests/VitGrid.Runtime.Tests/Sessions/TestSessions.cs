using VitGrid.Model.Checkpoints;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Tests.Sessions;

/// <summary>Loads segments with the backend of their device.</summary>
internal static class TestSessions
{
    public static ISegmentSession Load(Checkpoint checkpoint, SegmentSettings settings) =>
        settings.Device.Backend.Load(checkpoint, settings);
}
