using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Grains.Contracts;
using VitGrid.Grains.Options;

namespace VitGrid.Grains.Pipeline;

/// <summary>
/// Owns this silo's device threads and loaded segments. Checkpoints are checked before anything starts; weights are read in the
/// background after the silo has joined, one model after another, never in a grain.
/// </summary>
internal sealed partial class SegmentHost(
    GridOptions options, ModelCatalog catalog, ModelLoader loader, ILogger<SegmentHost> logger) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private ImmutableDictionary<string, LoadedModel> _loaded = ImmutableDictionary<string, LoadedModel>.Empty;
    private ImmutableArray<OpenedModel> _opened = [];
    private DeviceThreads? _devices;
    private Task _loading = Task.CompletedTask;

    /// <summary>The loaded model of that name.</summary>
    /// <exception cref="GridException">It is unknown, loading or failed.</exception>
    public LoadedModel Get(string model) => Volatile.Read(ref _loaded).GetValueOrDefault(model)
        ?? throw (catalog.Find(model) is { } info ? Refusals.NotReady(info) : Refusals.NotFound(model, catalog.Models));

    /// <summary>Runs one batch through one segment on its device's thread.</summary>
    /// <exception cref="GridException">Not loaded, a stale epoch, or the computation failed.</exception>
    public async Task<BatchAnswer> RunAsync(string model, int segment, StageOrder order)
    {
        LoadedModel loaded = Get(model);
        if (order.Epoch != loaded.Epoch)
            throw Refusals.StaleEpoch(model, segment, loaded.Epoch, order.Epoch);
        try
        {
            return await loaded.Stages[segment].RunAsync(order);
        }
        catch (Exception failure)
        {
            LogSegmentFailed(failure, model, segment, order.Order.Pictures.Length);
            throw Refusals.SegmentFailed(model, segment, order.Order.Pictures.Length, failure);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _opened = ModelOpener.OpenAll(options);
        _devices = new(options.Devices);
        catalog.Open([.. _opened.Select(model => model.Info)]);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _loading = Task.Factory.StartNew(LoadAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _loading.WaitAsync(cancellationToken);
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (_devices is null)
            return;
        await _devices.DisposeAsync();
        foreach (LoadedModel model in _loaded.Values)
            model.Dispose();
        foreach (OpenedModel model in _opened)
            model.Checkpoint.Dispose();
    }

    public void Dispose() => _stopping.Dispose();

    private void LoadAll()
    {
        foreach (OpenedModel model in _opened)
        {
            try
            {
                Load(model);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                LogStopped(model.Info.Name);
                return;
            }
            catch (Exception failure)
            {
                LogFailed(failure, model.Info.Name);
                catalog.Publish(model.Info with { State = ModelState.Failed, Failure = failure.Message });
            }
        }
    }

    private void Load(OpenedModel model)
    {
        long began = Stopwatch.GetTimestamp();
        string fingerprint = model.Checkpoint.ComputeFingerprint(_stopping.Token);
        LoadedModel loaded = loader.Load(model, _devices!, _stopping.Token);
        ImmutableInterlocked.TryAdd(ref _loaded, model.Info.Name, loaded);
        catalog.Publish(model.Info with { State = ModelState.Ready, Fingerprint = fingerprint });
        LogReady(model.Info.Name, model.Info.Directory, Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    [LoggerMessage(LogLevel.Information, "Model {Model} is ready: {Directory}, loaded in {Seconds:0.00} s")]
    private partial void LogReady(string model, string directory, double seconds);

    [LoggerMessage(LogLevel.Error, "Model {Model} could not be loaded")]
    private partial void LogFailed(Exception failure, string model);

    [LoggerMessage(LogLevel.Information, "Loading stopped at model {Model}: the process is shutting down")]
    private partial void LogStopped(string model);

    [LoggerMessage(LogLevel.Error, "Model {Model}: segment {Segment} failed on a batch of {Pictures}")]
    private partial void LogSegmentFailed(Exception failure, string model, int segment, int pictures);
}
