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
    private ReplicaBatchers? _batchers;
    private CancellationTokenRegistration _retirement;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (heads.Find(ReplicaKey.Parse(this.GetPrimaryKeyString())) is not { } head)
            return Task.CompletedTask;
        GridOptions own = OptionsFor(head.Key.Model);
        _batchers = new(() => new(head.Key.Model, own, () => head.Window, head.RunAsync, metrics, time, head.RowsOf));
        head.Attach(_batchers);
        TaskScheduler scheduler = TaskScheduler.Current;
        _retirement = head.Retired.Register(
            () => Task.Factory.StartNew(DeactivateOnIdle, CancellationToken.None, TaskCreationOptions.None, scheduler));
        return Task.CompletedTask;
    }

    public Task StartAsync()
    {
        if (_batchers is not null)
            return Task.CompletedTask;
        DeactivateOnIdle();
        throw new ReplicaLostException($"replica {this.GetPrimaryKeyString()} is not served by this process");
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _retirement.DisposeAsync();
        if (_batchers is not null)
            await _batchers.StopAsync().WaitAsync(cancellationToken);
    }

    private GridOptions OptionsFor(string model) => catalog.FindTower(model) is { } info
        ? options with { Batching = options.Batching with { MaxBatchSize = info.MaxBatchSize } }
        : options;
}
