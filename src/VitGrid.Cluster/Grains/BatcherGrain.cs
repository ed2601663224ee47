using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Grains;

/// <summary>
/// Gives a <see cref="Batcher"/> its scheduler and its place in the grid. A stateless worker of one: it is always in the process that calls
/// it, where the pixels and the first segment are, and needs no directory, which is slow just when a silo has died.
/// </summary>
[StatelessWorker(1, removeIdleWorkers: false), Reentrant, KeepAlive]
internal sealed class BatcherGrain(
    GridOptions options, ModelCatalog catalog, PipelineHeads heads, PixelStore pixels, GridMetrics metrics,
    [FromKeyedServices(GridClock.Key)] TimeProvider time)
    : Grain, IBatcherGrain
{
    private Batcher? _batcher;
    private CancellationTokenRegistration _retirement;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (heads.Find(ReplicaKey.Parse(this.GetPrimaryKeyString())) is not { } head)
            return Task.CompletedTask;
        string model = head.Key.Model;
        GridOptions own = catalog.Find(model) is { } info
            ? options with { Batching = options.Batching with { MaxBatchSize = info.MaxBatchSize } } : options;
        _batcher = new(model, own, () => head.Window, RunAsync, time);
        head.Observe(_batcher);
        TaskScheduler scheduler = TaskScheduler.Current;
        _retirement = head.Retired.Register(
            () => Task.Factory.StartNew(DeactivateOnIdle, CancellationToken.None, TaskCreationOptions.None, scheduler));
        return Task.CompletedTask;

        async Task<BatchAnswer> RunAsync(BatchOrder batch)
        {
            metrics.Batch(model, batch.Images.Length);
            using Activity? span = GridTraces.Batch(model, batch.Traces);
            return await head.RunAsync(span is null ? batch : batch with { Trace = span.Id });
        }
    }

    public async Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken)
    {
        if (_batcher is null)
        {
            DeactivateOnIdle();
            throw new ReplicaLostException($"replica {this.GetPrimaryKeyString()} is not served by this process");
        }
        // A caller that cancels leaves at once, but its image may already be part of a batch.
        using Pixels held = pixels.Hold(order.Image);
        return await _batcher.EmbedAsync(order, cancellationToken);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _retirement.DisposeAsync();
        if (_batcher is not null)
            await _batcher.StopAsync().WaitAsync(cancellationToken);
    }
}
