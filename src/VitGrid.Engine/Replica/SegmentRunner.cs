using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Replica;

/// <summary>Makes a segment of a checkpoint ready to run. Called on a thread of its own, never from a grain.</summary>
public delegate SegmentRunner SegmentLoader(Checkpoint checkpoint, SegmentSettings settings);

/// <summary>A segment ready to run, as its device's thread sees it.</summary>
/// <param name="Blocks">The blocks it holds.</param>
/// <param name="RunPixels">The first segment: B images of uint8 [H, W, 3] → its activation.</param>
/// <param name="Run">A later one: the activation of the segment before → its own.</param>
/// <param name="Session">What to free with it.</param>
public sealed record SegmentRunner(
    BlockRange Blocks, Func<IReadOnlyList<ReadOnlyMemory<byte>>, Activation> RunPixels, Func<Activation, Activation> Run,
    IDisposable Session)
{
    /// <summary>Loads a segment with the execution backend of its device. Takes seconds.</summary>
    public static SegmentRunner Load(Checkpoint checkpoint, SegmentSettings settings)
    {
        // ONNX Runtime's threads for the processor are started as the session is made.
        SegmentSession session = settings.Device.Kind == DeviceKind.Cpu
            ? ComputeThread.Run(() => SegmentSession.Load(checkpoint, settings))
            : SegmentSession.Load(checkpoint, settings);
        return new(session.Blocks, session.RunPixels, session.Run, session);
    }
}
