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
/// Gives a replica's head its <see cref="Batcher"/>, configured for the model, and drains it when the replica ends. A stateless worker of
/// one: it is always in the process that calls it, where the first segment is, and needs no directory, which is slow just when a silo has
/// died.
/// </summary>
[StatelessWorker(1, removeIdleWorkers: false), KeepAlive]
internal sealed class BatcherGrain(
    GridOptions options, ModelCatalog catalog, LocalReplicaHeads heads, GridMetrics metrics,
    [FromKeyedServices(GridClock.Key)] TimeProvider time)
    : Grain, IBatcherGrain
{
    private Batcher? _batcher;
    private Batcher? _features;
    private CancellationTokenRegistration _retirement;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (heads.Find(ReplicaKey.Parse(this.GetPrimaryKeyString())) is not { } head)
            return Task.CompletedTask;
        GridOptions own = OptionsFor(head.Key.Model);
        _batcher = new(head.Key.Model, own, () => head.Window, head.RunAsync, metrics, time);
        // Images with features are batched by themselves: those without are computed as if there were none.
        _features = new(head.Key.Model, own, () => head.Window, head.RunAsync, metrics, time);
        head.Attach(_batcher, _features);
        TaskScheduler scheduler = TaskScheduler.Current;
        _retirement = head.Retired.Register(
            () => Task.Factory.StartNew(DeactivateOnIdle, CancellationToken.None, TaskCreationOptions.None, scheduler));
        return Task.CompletedTask;
    }

    public Task StartAsync()
    {
        if (_batcher is not null)
            return Task.CompletedTask;
        DeactivateOnIdle();
        throw new ReplicaLostException($"replica {this.GetPrimaryKeyString()} is not served by this process");
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _retirement.DisposeAsync();
        if (_batcher is not null && _features is not null)
            await Task.WhenAll(_batcher.StopAsync(), _features.StopAsync()).WaitAsync(cancellationToken);
    }

    private GridOptions OptionsFor(string model) => catalog.Find(model) is { } info
        ? options with { Batching = options.Batching with { MaxBatchSize = info.MaxBatchSize } }
        : options;
}
