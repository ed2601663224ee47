using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Segments;

/// <summary>
/// Owns the stages of this process. Segments are loaded one after another on a thread of their own, never in a grain. Unloads segments that
/// are no longer assigned. Thread-safe.
/// </summary>
internal sealed partial class SegmentHost(
    ModelLibrary library, StageBuilder builder, StageConnections connections, LoadedStages stages, HeadHost heads,
    ILogger<SegmentHost> logger)
    : IHostedService
{
    // Many more than a worker's devices hold; the planner asks again for what finds no room.
    private const int MaxWaiting = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<StageKey, HostedStage> _hosted = [];
    private readonly Channel<HostedStage> _toLoad = Channel.CreateBounded<HostedStage>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private Task _loading = Task.CompletedTask;

    /// <summary>Raised when a stage began, became ready, failed or ended.</summary>
    public event Action? Changed;

    /// <summary>What there is, for the planner.</summary>
    public ImmutableArray<StageReport> Reports()
    {
        lock (_gate)
            return [.. _hosted.Values.Select(stage => stage.Report())];
    }

    /// <summary>The replicas whose first segment is here.</summary>
    public IEnumerable<ReplicaLayout> HeadLayouts() => Reports().Where(report => report.Segment == 0).Select(report => report.Layout);

    /// <summary>Time that the stages of each segment have kept their device busy, for those at work.</summary>
    public ImmutableArray<(StageKey Key, string Device, TimeSpan Busy)> Busy()
    {
        lock (_gate)
            return [.. _hosted.Values.Where(hosted => hosted.Stage is not null).Select(
                hosted => (hosted.Key, hosted.Layout.Stages[hosted.Segment].Device, hosted.Stage!.Busy))];
    }

    /// <summary>What has come into the stages at work.</summary>
    public Dictionary<StageKey, StageFlow> Flows()
    {
        lock (_gate)
            return _hosted.Values.Where(hosted => hosted.Stage is not null).ToDictionary(
                hosted => hosted.Key, hosted => hosted.Stage!.Flow);
    }

    /// <summary>Begins to load a stage, unless it is here already.</summary>
    public void Ensure(ReplicaLayout layout, int segment)
    {
        HostedStage hosted = new(layout, segment);
        lock (_gate)
        {
            // A host that stops, or has its fill, takes nothing more.
            if (_hosted.ContainsKey(hosted.Key) || !_toLoad.Writer.TryWrite(hosted))
                return;
            _hosted.Add(hosted.Key, hosted);
        }
        Changed?.Invoke();
    }

    /// <summary>Gives a stage up; completes when its batches are done and it is freed.</summary>
    public async Task ReleaseAsync(StageKey key)
    {
        HostedStage? hosted;
        bool mine;
        lock (_gate)
        {
            hosted = _hosted.GetValueOrDefault(key);
            // One that is still being loaded is freed by the loading thread.
            mine = hosted is not null && hosted.TryRelease() && hosted.State != StageState.Loading;
        }
        if (hosted is null)
            return;
        if (mine)
            await FreeAsync(hosted);
        await hosted.Ended;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loading = Task.Factory.StartNew(
            LoadAllAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _toLoad.Writer.TryComplete();
        HostedStage[] left;
        lock (_gate)
            left = [.. _hosted.Values];
        await Task.WhenAll(left.Select(hosted => ReleaseAsync(hosted.Key))).WaitAsync(cancellationToken);
        await _loading.WaitAsync(cancellationToken);
    }

    private async Task LoadAllAsync()
    {
        await foreach (HostedStage hosted in _toLoad.Reader.ReadAllAsync())
        {
            if (hosted.IsReleased || IsReleasedAfter(await LoadAsync(hosted), hosted))
                await FreeAsync(hosted);
            Changed?.Invoke();
        }
    }

    /// <summary>Takes the outcome of a load over; from then on whoever releases the stage frees it.</summary>
    private bool IsReleasedAfter(Action<HostedStage> outcome, HostedStage hosted)
    {
        lock (_gate)
        {
            bool released = hosted.IsReleased;
            outcome(hosted);
            return released;
        }
    }

    private async Task<Action<HostedStage>> LoadAsync(HostedStage hosted)
    {
        long began = Stopwatch.GetTimestamp();
        StagePlace place = hosted.Layout.Stages[hosted.Segment];
        LogLoading(hosted.Key, place.Blocks, place.Device);
        try
        {
            Stage stage = builder.Build(library.Get(hosted.Key.Replica.Model), hosted.Layout, hosted.Segment);
            await OpenAsync(hosted, stage);
            LogLoaded(hosted.Key, place.Blocks, place.Device, Stopwatch.GetElapsedTime(began).TotalSeconds);
            return loaded => loaded.Loaded(stage);
        }
        catch (Exception exception)
        {
            LogNotLoaded(exception, hosted.Key);
            return failed => failed.Failed(exception.Message);
        }
    }

    /// <summary>Lets batches in: from the stage before, or from the head of the replica.</summary>
    private async Task OpenAsync(HostedStage hosted, Stage stage)
    {
        stages.Add(hosted.Key, stage);
        if (hosted.Segment != 0)
            return;
        try
        {
            await heads.OpenAsync(hosted.Layout);
        }
        catch
        {
            heads.Close(hosted.Key.Replica);
            stages.Remove(hosted.Key);
            await stage.DisposeAsync();
            throw;
        }
    }

    private async Task FreeAsync(HostedStage hosted)
    {
        stages.Remove(hosted.Key);
        if (hosted.Segment == 0)
            heads.Close(hosted.Key.Replica);
        if (hosted.Stage is { } stage)
        {
            stage.Abandon();
            await stage.DisposeAsync();
        }
        connections.Close(hosted.Key.Replica, hosted.Segment);
        lock (_gate)
            _hosted.Remove(hosted.Key);
        hosted.End();
        LogFreed(hosted.Key);
        Changed?.Invoke();
    }

    [LoggerMessage(5171, LogLevel.Information, "Loading stage {Stage} (blocks {Blocks}) on {Device}")]
    private partial void LogLoading(StageKey stage, VitGrid.Model.Segments.BlockRange blocks, string device);

    [LoggerMessage(5172, LogLevel.Information, "Stage {Stage} (blocks {Blocks}) is ready on {Device} after {Seconds:0.00} s")]
    private partial void LogLoaded(StageKey stage, VitGrid.Model.Segments.BlockRange blocks, string device, double seconds);

    [LoggerMessage(5173, LogLevel.Error, "Stage {Stage} could not be loaded")]
    private partial void LogNotLoaded(Exception failure, StageKey stage);

    [LoggerMessage(5174, LogLevel.Information, "Stage {Stage} is freed")]
    private partial void LogFreed(StageKey stage);
}

/// <summary>Opens and retires the heads of the replicas whose first segment is in this process. Thread-safe.</summary>
internal sealed class HeadHost(
    GridOptions options, LoadedStages stages, LocalReplicaHeads heads, LocalNode self, DeviceHealth health, IGrainFactory grains)
{
    /// <summary>Opens a replica's head; completes when its batcher takes images.</summary>
    public async Task OpenAsync(ReplicaLayout layout)
    {
        string[] here = [.. layout.Stages.Where(stage => stage.Node.Node == self.Address.Node).Select(stage => stage.Device)];
        BatchTimeout timeout = new(TimeSpan.FromMilliseconds(options.Cluster.BatchMilliseconds));
        heads.Add(new(layout.Key, layout.Window, input => stages.EnqueueAsync(new(layout.Key, 0), input), timeout)
        {
            Devices = VectorOrigin.Join(layout.Stages.Select(stage => VectorOrigin.NameOf(stage.Node.Node, stage.Device))),
            RowsOf = text => stages.Find(new(layout.Key, 0))?.RowsOf(text) ?? 0,
            FindShare = () => here.Min(device => health.Find(device).Share),
        });
        await grains.GetGrain<IBatcherGrain>(layout.Key.ToString()).StartAsync();
    }

    /// <summary>Retires a replica's head: what it has under way begins again elsewhere.</summary>
    public void Close(ReplicaKey replica) => heads.Remove(replica, "was retired");
}

/// <summary>A stage that this process was given, from the order to load it until it was freed.</summary>
/// <param name="layout">The incarnation it belongs to.</param>
/// <param name="segment">Which of its stages.</param>
internal sealed class HostedStage(ReplicaLayout layout, int segment)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReplicaLayout Layout => layout;

    public int Segment => segment;

    public StageKey Key { get; } = new(layout.Key, segment);

    public StageState State { get; private set; }

    public string? Problem { get; private set; }

    /// <summary>At work; null while it is loaded or when that failed.</summary>
    public Stage? Stage { get; private set; }

    /// <summary>It is not wanted any more, even if it is still being loaded.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>Completes when nothing of it is left.</summary>
    public Task Ended => _ended.Task;

    public void Loaded(Stage stage)
    {
        Stage = stage;
        State = StageState.Ready;
    }

    public void Failed(string problem)
    {
        Problem = problem;
        State = StageState.Failed;
    }

    /// <summary>False when it was released before.</summary>
    public bool TryRelease() => !IsReleased && (IsReleased = true);

    public void End() => _ended.TrySetResult();

    public StageReport Report() => new(layout, segment, State, Problem, Stage?.InFlight ?? 0);
}
