using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>A session whose every run calls a hook first.</summary>
internal sealed class HookedSession(ISegmentSession real, SegmentHook? hook) : ISegmentSession
{
    public BlockRange Blocks => real.Blocks;

    public MappedWeights? Mapped => real.Mapped;

    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images)
    {
        hook?.Invoke(Blocks);
        return real.RunPixels(images);
    }

    public Activation RunPixelValues(float[] planes) => real.RunPixelValues(planes);

    public Activation Run(Activation input)
    {
        hook?.Invoke(Blocks);
        return real.Run(input);
    }

    public ISegmentSession? Resize(InputSize size) => real.Resize(size);

    public void Dispose() => real.Dispose();
}
