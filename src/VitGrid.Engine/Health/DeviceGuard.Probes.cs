using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Health;

/// <content>When a device's probes are computed, and what comes of a round of them.</content>
public sealed partial class DeviceGuard
{
    private bool IsBusy
    {
        get
        {
            lock (_gate)
                return _current is not null;
        }
    }

    /// <summary>Adds a loaded segment with its probe and the weights that it reads through maps; null where it has none.</summary>
    /// <returns>What removes it again.</returns>
    internal IAsyncDisposable Watch(string model, int segment, GoldenProbe? probe, MappedWeights? weights = null)
    {
        Watched watched = new(this, model, segment, probe)
        {
            Weights = weights,
            Scrubbed = weights is null ? null : Scrubber?.Add(
                weights, () => IsBusy, change => GiveUp(IllnessKind.WeightsChanged, change.ToString(), model)),
        };
        lock (_gate)
        {
            _watched.Add(watched);
            _nextProbe = Now + MinProbePause;
        }
        return watched;
    }

    private bool IsProbeDue()
    {
        lock (_gate)
        {
            bool due = !_probing && Now >= _nextProbe && (_serves ? _watched.Count > 0 : _current is null)
                && _health.Find(_device).State != DeviceState.Lost;
            return due && (_probing = true);
        }
    }

    private async Task ProbeAsync()
    {
        DateTimeOffset began = TimeProvider.System.GetUtcNow();
        try
        {
            if (!_serves && FindChangedWeights() is var (model, change))
            {
                GiveUpAgain(DeviceState.Out, IllnessKind.WeightsChanged, change.ToString(), model);
                return;
            }
            Round round = await _thread.RunAsync(RunRound);
            await ConcludeAsync(round, began);
        }
        catch (ObjectDisposedException)
        {
            // The device's thread has ended.
        }
        catch (IOException)
        {
            // Weights cannot be read now: nothing is known of them, and the device stays out.
            lock (_gate)
                _nextProbe = _backoff.Fail(Now);
        }
        finally
        {
            lock (_gate)
                _probing = false;
        }
    }

    /// <summary>Weights of the device that are not as they were when they were loaded: with them it does not come back.</summary>
    private (string Model, WeightChange Change)? FindChangedWeights()
    {
        Watched[] watched;
        lock (_gate)
            watched = [.. _watched];
        foreach (Watched one in watched)
        {
            if (one.Weights?.FindChange() is { } change)
                return (one.Model, change);
        }
        return null;
    }

    /// <summary>One round on the device's thread; ends at the first probe that is wrong or that fails.</summary>
    private Round RunRound()
    {
        Watched[] watched;
        lock (_gate)
            watched = [.. _watched];
        TimeSpan began = Now;
        HashSet<(string, int)> unproved = [.. watched.Select(one => (one.Model, one.Segment))];
        int probed = 0;
        foreach (Watched one in watched)
        {
            if (one.Probe is not { } probe)
                continue;
            probed++;
            // A segment has one probe, whatever kinds of input it is loaded for.
            unproved.Remove((one.Model, one.Segment));
            GuardedRun run = Prepare(one.Model, one.Segment, images: 0);
            Begin(run, probe.FirstTook);
            try
            {
                double distance = probe.Run();
                End(run, succeeded: true);
                if (!(distance <= probe.Tolerance))
                    return new(one, distance, null, Now - began, probed, unproved.Count);
            }
            catch (Exception exception)
            {
                End(run, succeeded: false);
                return new(one, double.NaN, exception, Now - began, probed, unproved.Count);
            }
        }
        return new(null, 0, null, Now - began, probed, unproved.Count);
    }

    private async Task ConcludeAsync(Round round, DateTimeOffset began)
    {
        if (round.Probed > 0)
            _metrics?.Probed(_device, round.Failed is null ? "passed" : round.Failure is null ? "wrong" : "failed");
        if (round.Failed is not { } failed)
        {
            OnPassed(round, began);
            return;
        }
        if (round.Failure is { } failure)
        {
            RunFailure means = (failure as SegmentRunException)?.Failure ?? RunFailure.Device;
            GiveUpAgain(
                means == RunFailure.Context ? DeviceState.Lost : DeviceState.Out,
                means == RunFailure.Context ? IllnessKind.ContextLost : IllnessKind.Threw,
                $"a probe failed: {failure.Message}",
                failed.Model);
            return;
        }
        await OnWrongAsync(failed, round.Distance);
    }

    private void OnPassed(Round round, DateTimeOffset began)
    {
        // A round without a segment's probe says nothing of what the device has answered.
        if (round is { Probed: > 0, Unproved: 0 })
            _health.PassedProbes(_device, began);
        TimeSpan pause = ProbeShare * round.Took, longest = TimeSpan.FromMilliseconds(_options.ProbeMilliseconds);
        bool returns;
        lock (_gate)
        {
            returns = !_serves && ++_goodRounds >= RoundsToReturn;
            _nextProbe = Now + (_serves ? Bounded(pause, longest) : TimeSpan.Zero);
        }
        if (returns)
            Return();
        else if (_serves && _health.Find(_device).Illness?.Kind == IllnessKind.WrongProbe)
            _health.Recover(_device);
    }

    private TimeSpan Bounded(TimeSpan pause, TimeSpan longest)
    {
        // Where the probe is a whole image it may take longer than half a percent of the setting: the share goes before it.
        bool small = _watched.TrueForAll(one => one.Probe is not { IsSmall: false });
        TimeSpan least = pause < MinProbePause ? MinProbePause : pause;
        return small && least > longest ? longest : least < longest || !small ? least : longest;
    }

    /// <summary>
    /// The device goes at once where the model has another. Then the host's processor computes the probe anew: where it does not come to
    /// the known vector either, the probe is wrong and the device comes back.
    /// </summary>
    private async Task OnWrongAsync(Watched watched, double distance)
    {
        string reason = string.Create(
            CultureInfo.InvariantCulture,
            $"the probe of segment {watched.Segment} of model '{watched.Model}' is {distance:0.###e-0} from its known unit vector (limit "
                + $"{watched.Probe?.Tolerance:0.###e-0})");
        bool spare = HasSpare(watched.Model);
        if (spare || !_serves)
            GiveUpAgain(DeviceState.Out, IllnessKind.WrongProbe, reason, watched.Model);
        if (watched.Weights is { } weights && await Task.Run(() => weights.Step(weights.Bytes)) is { } change)
        {
            GiveUpAgain(DeviceState.Out, IllnessKind.WeightsChanged, change.ToString(), watched.Model);
            return;
        }
        if (await Task.Run(() => IsItselfWrong(watched)))
        {
            watched.Drop();
            LogProbeWrong(watched.Segment, watched.Model, _device);
            lock (_gate)
                _nextProbe = Now;
            return;
        }
        if (spare || !_serves)
            return;
        if (_health.Report(_device, DeviceState.Slow, IllnessKind.WrongProbe, reason + "; it is the model's last device", watched.Model))
            LogKept(_device, reason);
        lock (_gate)
            _nextProbe = Now + MinProbePause;
    }

    private static bool IsItselfWrong(Watched watched)
    {
        try
        {
            return watched.Probe?.IsItselfWrong() == true;
        }
        catch (Exception)
        {
            // The files cannot be read now: the device is judged by what it gave.
            return false;
        }
    }

    private void GiveUpAgain(DeviceState state, IllnessKind kind, string reason, string model)
    {
        lock (_gate)
        {
            _goodRounds = 0;
            if (!_serves)
                _nextProbe = _backoff.Fail(Now);
        }
        GiveUp(state, kind, reason, model);
    }

    /// <summary>What came of one round of probes, how many there were, and how many loaded segments have none.</summary>
    private sealed record Round(Watched? Failed, double Distance, Exception? Failure, TimeSpan Took, int Probed, int Unproved);

    /// <summary>A loaded segment and its probe.</summary>
    private sealed class Watched(DeviceGuard guard, string model, int segment, GoldenProbe? probe) : IAsyncDisposable
    {
        private readonly GoldenProbe? _loaded = probe;
        private bool _isDropped;

        public string Model => model;

        public int Segment => segment;

        public MappedWeights? Weights { get; init; }

        public IDisposable? Scrubbed { get; init; }

        public GoldenProbe? Probe => Volatile.Read(ref _isDropped) ? null : _loaded;

        /// <summary>Goes on without the probe.</summary>
        public void Drop() => Volatile.Write(ref _isDropped, true);

        public async ValueTask DisposeAsync()
        {
            lock (guard._gate)
                guard._watched.Remove(this);
            Scrubbed?.Dispose();
            // A run that does not end holds the thread, and may be the probe's own.
            if (_loaded is null || guard.IsStuck)
                return;
            // Behind a round that may be under way; later ones do not know it.
            await guard._thread.RunAsync(() => true);
        }
    }
}
