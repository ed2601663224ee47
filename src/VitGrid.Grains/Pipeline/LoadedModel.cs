namespace VitGrid.Grains.Pipeline;

/// <summary>A model whose segments are loaded.</summary>
/// <param name="Epoch">Its incarnation: every load has another, so that a caller from before a reload or restart is told apart.</param>
/// <param name="Stages">Its segments, in order.</param>
internal sealed record LoadedModel(long Epoch, ImmutableArray<SegmentStage> Stages) : IDisposable
{
    public void Dispose()
    {
        foreach (SegmentStage stage in Stages)
            stage.Dispose();
    }
}
