using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Benchmarks;

/// <summary>
/// The same segments with nothing around them: one image after the other on the calling thread, every core in each segment.
/// </summary>
internal sealed class BareLoop : IDisposable
{
    private readonly ISegmentSession[] _sessions;

    public BareLoop(Checkpoint checkpoint, int segments, Precision precision)
    {
        InputSize size = InputSize.Of(checkpoint.Preprocessing);
        _sessions = [.. BlockRange.Split(checkpoint.Architecture.Depth, segments)
            .Select(blocks => ExecutionBackends.Processor.Backend.Load(checkpoint, new()
            {
                Blocks = blocks, InputSize = size, Precision = precision, Device = ExecutionBackends.Processor,
            }))];
    }

    public void Run(IEnumerable<ReadOnlyMemory<byte>> images)
    {
        foreach (ReadOnlyMemory<byte> image in images)
            Run(image);
    }

    public void Dispose()
    {
        foreach (ISegmentSession session in _sessions)
            session.Dispose();
    }

    private void Run(ReadOnlyMemory<byte> image)
    {
        Activation activation = _sessions[0].RunPixels([image]);
        foreach (ISegmentSession session in _sessions.Skip(1))
        {
            Activation next = session.Run(activation);
            activation.Dispose();
            activation = next;
        }
        activation.Dispose();
    }
}
