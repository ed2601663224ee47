using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Options;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Health;

/// <summary>
/// Watches one device: bounds every run by what runs of its shape took, has its probes computed between batches, gives the device up when
/// it is sick, and brings it back when probes pass. What it finds stands in <see cref="DeviceHealth"/>. Thread-safe.
/// <para>
/// States: serving → out (a run failed or did not end in time, or a probe was wrong) → serving (after a pause, two rounds of probes pass)
/// or lost (its context is gone, or a run goes on and on). While it is out no run begins, and nobody waits for the one under way.
/// </para>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The timer ends with the loop, which is told to end by DisposeAsync.")]
public sealed partial class DeviceGuard : IAsyncDisposable
{
    /// <summary>How often runs are held against their bounds.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MinProbePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LastDeviceFloor = TimeSpan.FromSeconds(60);

    // So that probes take half a percent of the device's time.
    private const int ProbeShare = 200;
    private const int RoundsToReturn = 2;
    private const double SlowShare = 0.5, WellShare = 0.7;

    private readonly Lock _gate = new();
    private readonly string _device;
    private readonly DeviceThread _thread;
    private readonly DeviceHealth _health;
    private readonly HealthOptions _options;
    private readonly GridMetrics? _metrics;
    private readonly ILogger _logger;
    private readonly RunTimes _times;
    private readonly Backoff _backoff;
    private readonly List<Watched> _watched = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private TaskCompletionSource _out = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GuardedRun? _current;
    private GuardedRun? _breaker;
    private TimeSpan _outSince;
    private TimeSpan _nextProbe;
    private TimeSpan? _slowSince;
    private bool _probing;
    private bool _overdueTold;
    private int _goodRounds;
    private volatile bool _serves = true;

    /// <summary>Starts to watch.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="thread">Its thread.</param>
    /// <param name="health">Where to tell.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="metrics">Counts; null: nobody does.</param>
    /// <param name="logger">Logs.</param>
    public DeviceGuard(
        string device, DeviceThread thread, DeviceHealth health, HealthOptions options, GridMetrics? metrics, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_device, _thread, _health, _options, _metrics, _logger) = (device, thread, health, options, metrics, logger);
        _times = new(options.RunFactor, TimeSpan.FromMilliseconds(options.RunFloorMilliseconds));
        _backoff = new(
            TimeSpan.FromMilliseconds(options.BackoffMilliseconds), TimeSpan.FromMilliseconds(options.MaxBackoffMilliseconds));
        health.Add(device);
        health.Changed += OnChanged;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>
    /// Whether a model has a replica that serves without this device; what is slow, or computes a probe wrong, is else kept. Default: none
    /// has.
    /// </summary>
    public Func<string, bool> HasSpare { get; set; } = _ => false;

    /// <summary>Compares the mapped weights of its segments with what was loaded; null: nobody does.</summary>
    public WeightScrubber? Scrubber { get; init; }

    /// <summary>Whether it takes runs.</summary>
    public bool Serves => _serves;

    /// <summary>Whether a run goes on that nobody waits for: then the thread does not end, and what the run reads must stay.</summary>
    public bool IsStuck
    {
        get
        {
            lock (_gate)
                return !_serves && _current is not null;
        }
    }

    /// <summary>The clock by which runs are measured.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    private TimeSpan Now => Time.Now();

    /// <summary>A run to be begun with <see cref="Run{T}"/>.</summary>
    internal static GuardedRun Prepare(string model, int segment, int images, bool features = false, int rows = 0) =>
        new(new(model, segment, images) { Features = features, Rows = rows });

    /// <summary>Runs work on the device's thread, which calls it, within its bound.</summary>
    /// <exception cref="DeviceOutException">The device does not serve.</exception>
    internal T Run<T>(GuardedRun run, Func<T> work)
    {
        if (!_serves)
            throw new DeviceOutException(_device, Reason, isBreaker: false);
        Begin(run);
        try
        {
            T result = work();
            End(run, succeeded: true);
            return result;
        }
        catch (Exception exception)
        {
            Judge(run, exception);
            End(run, succeeded: false);
            throw;
        }
    }

    /// <summary>
    /// The result of a run that was handed to the device's thread; an exception as soon as the device is given up, whatever becomes of the
    /// run. A result that comes later is handed to <paramref name="discard"/>.
    /// </summary>
    /// <exception cref="DeviceOutException">The device was given up.</exception>
    internal async Task<T> WhileServingAsync<T>(GuardedRun run, Task<T> running, Action<T> discard)
    {
        Task given = Volatile.Read(ref _out).Task;
        // The run that broke the device says so itself, unless it goes on.
        if (running.IsCompleted || await Task.WhenAny(running, given) == running || (_breaker == run && !run.IsOverdue))
            return await running;
        _ = DiscardAsync(running, discard);
        throw new DeviceOutException(_device, Reason, isBreaker: _breaker == run);
    }

    private static async Task DiscardAsync<T>(Task<T> running, Action<T> discard)
    {
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsCompletedSuccessfully)
            discard(await running);
    }

    /// <summary>
    /// Computes the probes of the segment at once; called by the device's thread within a run whose result is doubtful.
    /// </summary>
    /// <returns>Whether the device computes it right, as far as there is a probe.</returns>
    internal bool Passes(string model, int segment)
    {
        Watched? watched;
        lock (_gate)
            watched = _watched.Find(one => one.Model == model && one.Segment == segment && one.Probe is not null);
        return watched?.Probe is not { } probe || probe.Run() <= probe.Tolerance;
    }

    /// <summary>Gives the device up because of what a run gave.</summary>
    internal void GiveUp(GuardedRun run, IllnessKind kind, string reason)
    {
        _breaker = run;
        GiveUp(DeviceState.Out, kind, reason, run.Shape.Model);
    }

    /// <summary>Gives the device up because of what was found beside its runs.</summary>
    public void GiveUp(IllnessKind kind, string reason, string model) => GiveUp(DeviceState.Out, kind, reason, model);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _health.Changed -= OnChanged;
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private string Reason => _health.Find(_device).Illness?.Reason ?? "it was given up";

    private void Begin(GuardedRun run, TimeSpan? first = null)
    {
        lock (_gate)
        {
            run.Bound = _times.Bound(run.Shape, first);
            run.Began = Now;
            _current = run;
        }
    }

    private void End(GuardedRun run, bool succeeded)
    {
        double share = 1;
        lock (_gate)
        {
            _current = null;
            _overdueTold = false;
            if (succeeded)
            {
                _times.Add(run.Shape, Now - run.Began);
                share = _times.Share(run.Shape);
            }
        }
        if (succeeded && run.Shape.Images > 0)
            JudgeRate(run.Shape, share);
    }

    /// <summary>A failure that is the device's gives it up before anything else is run.</summary>
    private void Judge(GuardedRun run, Exception exception)
    {
        if (exception is not SegmentRunException { Failure: RunFailure.Device or RunFailure.Context } failure)
            return;
        _breaker = run;
        bool isLost = failure.Failure == RunFailure.Context;
        GiveUp(
            isLost ? DeviceState.Lost : DeviceState.Out, isLost ? IllnessKind.ContextLost : IllnessKind.Threw, failure.Message,
            run.Shape.Model);
    }

    private void GiveUp(DeviceState state, IllnessKind kind, string reason, string? model)
    {
        Stop();
        _health.Report(_device, state, kind, reason, model);
        Volatile.Read(ref _out).TrySetResult();
    }

    /// <summary>No run begins from now on.</summary>
    private void Stop()
    {
        lock (_gate)
        {
            if (_serves)
            {
                _outSince = Now;
                _nextProbe = _backoff.Fail(Now);
                _goodRounds = 0;
            }
            _serves = false;
        }
    }

    /// <summary>What it computes for some time after the find is recalled as well, so that it would work for nobody.</summary>
    private void StayOut()
    {
        lock (_gate)
        {
            TimeSpan back = _backoff.AfterRecall(Now);
            _nextProbe = back > _nextProbe ? back : _nextProbe;
        }
    }

    /// <summary>Whoever found it out: the device takes no more, and it is said once.</summary>
    private void OnChanged(DeviceChange change)
    {
        if (change.After.Device != _device || change.After is not { Serves: false, Illness: { } illness })
            return;
        Stop();
        if (illness.DoubtsAnswers)
            StayOut();
        Volatile.Read(ref _out).TrySetResult();
        _metrics?.DeviceFailed(_device, illness.Kind);
        if (change.After.State == DeviceState.Lost)
            LogLost(_device, illness.Kind, illness.Reason);
        else
            LogOut(_device, illness.Kind, illness.Reason);
    }

    private void Return()
    {
        if (!_health.Recover(_device))
            return;
        lock (_gate)
        {
            _backoff.Return(Now);
            _breaker = null;
            Volatile.Write(ref _out, new(TaskCreationOptions.RunContinuationsAsynchronously));
            _serves = true;
            _nextProbe = Now + MinProbePause;
        }
        LogBack(_device, (Now - _outSince).TotalSeconds);
    }

    /// <summary>A rate that has fallen for a minute makes a slow device, one that has risen again a healthy one.</summary>
    private void JudgeRate(RunShape shape, double share)
    {
        if (share > WellShare && _slowSince is null && _health.Find(_device).State == DeviceState.Healthy)
            return;
        DeviceStatus status = _health.Find(_device);
        if (status is { State: DeviceState.Slow, Illness.Kind: IllnessKind.TooSlow })
        {
            _health.SetShare(_device, share);
            if (share > WellShare)
                _health.Recover(_device);
            return;
        }
        _slowSince = share < SlowShare ? _slowSince ?? Now : null;
        if (_slowSince is not { } since || Now - since < SlowFor || status.State != DeviceState.Healthy)
            return;
        string reason = string.Create(CultureInfo.InvariantCulture, $"its rate has been {share:P0} of what it was for a minute");
        if (_health.Report(_device, DeviceState.Slow, IllnessKind.TooSlow, reason, shape.Model))
            LogSlow(_device, reason);
        _health.SetShare(_device, share);
    }

    private async Task LoopAsync()
    {
        using PeriodicTimer timer = new(Tick);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                CheckRun();
                if (IsProbeDue())
                    _ = ProbeAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // It is told to end.
        }
    }

    private void CheckRun()
    {
        GuardedRun run;
        TimeSpan took;
        lock (_gate)
        {
            if (_current is not { Bound: { } bound } current)
                return;
            (run, took) = (current, Now - current.Began);
            if (took <= bound)
                return;
        }
        if (_serves)
            GiveUpOverdue(run, took);
        else if (Now - _outSince > TimeSpan.FromMilliseconds(_options.LostMilliseconds))
            GiveUp(DeviceState.Lost, IllnessKind.Hung, Describe(run, took) + "; it is taken never to end", run.Shape.Model);
    }

    private void GiveUpOverdue(GuardedRun run, TimeSpan took)
    {
        // Slowness never takes a model's last device: what goes on much longer is no slowness.
        TimeSpan last = 10 * run.Bound!.Value;
        if (!HasSpare(run.Shape.Model) && took < (last > LastDeviceFloor ? last : LastDeviceFloor))
        {
            if (!_overdueTold)
                LogKept(_device, Describe(run, took));
            _overdueTold = true;
            return;
        }
        run.IsOverdue = true;
        _breaker = run;
        GiveUp(DeviceState.Out, IllnessKind.Hung, Describe(run, took), run.Shape.Model);
    }

    private string Describe(GuardedRun run, TimeSpan took)
    {
        string what = run.Shape.Images == 0 ? "a probe" : $"a batch of {run.Shape.Images}";
        lock (_gate)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{what} in segment {run.Shape.Segment} of model '{run.Shape.Model}' has taken {took.TotalMilliseconds:0} ms; allowed are "
                    + $"{run.Bound!.Value.TotalMilliseconds:0} ms, the median is {_times.Median(run.Shape)?.TotalMilliseconds:0.0} ms");
        }
    }

    [LoggerMessage(4041, LogLevel.Error, "Device {Device} is out: {Kind}: {Reason}")]
    private partial void LogOut(string device, IllnessKind kind, string reason);

    [LoggerMessage(4042, LogLevel.Critical, "Device {Device} is lost to this process: {Kind}: {Reason}")]
    private partial void LogLost(string device, IllnessKind kind, string reason);

    [LoggerMessage(4043, LogLevel.Warning, "Device {Device} serves again after {Seconds:0.0} s: its probes pass")]
    private partial void LogBack(string device, double seconds);

    [LoggerMessage(4044, LogLevel.Warning, "Device {Device} is slow and gets fewer images: {Reason}")]
    private partial void LogSlow(string device, string reason);

    [LoggerMessage(4045, LogLevel.Error, "Device {Device} is kept, since nothing else serves the model: {Reason}")]
    private partial void LogKept(string device, string reason);

    [LoggerMessage(4046, LogLevel.Error, "The probe of segment {Segment} of model {Model} is wrong, not device {Device}: the processor "
        + "does not come to its known vector with weights read anew, so that the files have changed or the probe is at fault; check the "
        + "files and restart: until then the segment is watched without it")]
    private partial void LogProbeWrong(int segment, string model, string device);
}
