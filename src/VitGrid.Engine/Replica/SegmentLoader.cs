using VitGrid.Model.Checkpoints;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Replica;

/// <summary>Makes a segment of a checkpoint ready to run. Called on a thread of its own, never from a grain.</summary>
public delegate ISegmentSession SegmentLoader(Checkpoint checkpoint, SegmentSettings settings);

/// <summary>Loads segments where the grid runs them.</summary>
public static class SegmentLoading
{
    /// <summary>Loads a segment with its device's backend.</summary>
    public static ISegmentSession Load(Checkpoint checkpoint, SegmentSettings settings)
    {
        IExecutionBackend backend = settings.Device.Backend;
        // A backend's threads for the processor are started as the session is made.
        return backend.SharesHost ? ComputeThread.Run(() => backend.Load(checkpoint, settings)) : backend.Load(checkpoint, settings);
    }
}
