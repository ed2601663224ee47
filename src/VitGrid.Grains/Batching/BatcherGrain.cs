using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using VitGrid.Grains.Contracts;
using VitGrid.Grains.Options;
using VitGrid.Grains.Pipeline;

namespace VitGrid.Grains.Batching;

/// <summary>Gives a <see cref="Batcher"/> its scheduler and its place in the grid.</summary>
[Reentrant, KeepAlive]
internal sealed class BatcherGrain(
    GridOptions options, ModelCatalog catalog, PixelStore pixels, [FromKeyedServices(GridClock.Key)] TimeProvider time) : Grain, IBatcherGrain
{
    private Batcher _batcher = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        string model = this.GetPrimaryKeyString();
        IPipelineGrain pipeline = GrainFactory.GetGrain<IPipelineGrain>(model);
        // One batch in each segment and one waiting before the first: a device never waits for a batch to be formed.
        GridOptions own = catalog.Find(model) is { } info ? options with { Batching = options.Batching with { MaxBatchSize = info.MaxBatchSize } } : options;
        _batcher = new(model, own, () => (catalog.Find(model)?.Segments.Count ?? 0) + 1, pipeline.RunAsync, time);
        return Task.CompletedTask;
    }

    public async Task<PictureAnswer> EmbedAsync(PictureOrder order, CancellationToken cancellation)
    {
        // A caller that cancels leaves at once, but its picture may already be part of a batch.
        using Pixels held = pixels.Hold(order.Picture);
        return await _batcher.EmbedAsync(order, cancellation);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _batcher.StopAsync().WaitAsync(cancellationToken);
}
