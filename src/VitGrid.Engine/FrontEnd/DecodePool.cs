using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// Threads of their own that decode, so that images never hold up the thread pool on which grains and HTTP run. What waits obeys the
/// same lanes as batches do, and the memory that decodes may take (<see cref="DecodeBudget"/>); how much waits is bounded by
/// <see cref="Admission"/>.
/// </summary>
public sealed class DecodePool : IDisposable
{
    private readonly object _gate = new();
    private readonly LaneQueue<Job> _light;
    private readonly LaneQueue<Job> _heavy;
    private readonly DecodeBudget _budget;
    private readonly TimeProvider _time;
    private Waiting<Job>? _nextHeavy;
    private bool _stopped;

    /// <summary>Starts <see cref="ImageOptions.DecodeThreads"/> threads.</summary>
    public DecodePool(GridOptions options, [FromKeyedServices(GridClock.Key)] TimeProvider time)
    {
        ImageOptions images = options.Images;
        _light = new(options.Batching.InteractiveWeight);
        _heavy = new(options.Batching.InteractiveWeight);
        _budget = new(images);
        _time = time;
        for (int i = 0; i < images.DecodeThreads; i++)
            new Thread(Loop) { Name = string.Create(CultureInfo.InvariantCulture, $"decode {i}"), IsBackground = true }.Start();
    }

    /// <summary>
    /// Runs <paramref name="work"/> on one of the threads, as soon as there is memory for its <paramref name="cost"/>. Work that is
    /// cancelled or past its deadline when its turn comes is not begun; the task ends only then, so what the work uses stays in use until
    /// it has.
    /// </summary>
    internal Task RunAsync(Action work, DecodeCost cost, Lane lane, TimeSpan deadline, CancellationToken cancellationToken)
    {
        Job job = new(work, cost, _budget.IsHeavy(cost));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            (job.IsHeavy ? _heavy : _light).Add(new(job, lane, 0, _time.Now(), deadline, cancellationToken));
            Monitor.Pulse(_gate);
        }
        return job.Done.Task;
    }

    /// <summary>Takes no more work; the threads end when what waits is done.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Loop()
    {
        List<Waiting<Job>> dropped = [];
        while (TryNext(dropped, out Job? job))
        {
            dropped.ForEach(Drop);
            dropped.Clear();
            if (job is null)
                continue;
            Exception? failure = job.Run();
            Leave(job);
            job.End(failure);
        }
    }

    /// <summary>Waits for work; <paramref name="job"/> is null when only dead work was met.</summary>
    private bool TryNext(List<Waiting<Job>> dropped, out Job? job)
    {
        lock (_gate)
        {
            while (true)
            {
                // Heavy work first: it may take half of the threads, the rest are never its.
                job = TakeHeavy(dropped) ?? (_light.TryTake(_time.Now(), dropped, out Waiting<Job> taken) ? taken.Item : null);
                if (job is not null || dropped.Count > 0)
                    return true;
                if (_stopped && _heavy.Count == 0 && _nextHeavy is null)
                    return false;
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>The next heavy job if there is memory for it now; it keeps its turn until there is.</summary>
    private Job? TakeHeavy(List<Waiting<Job>> dropped)
    {
        if (_nextHeavy is { } next && next.IsDead(_time.Now()))
        {
            dropped.Add(next);
            _nextHeavy = null;
        }
        _nextHeavy ??= _heavy.TryTake(_time.Now(), dropped, out Waiting<Job> taken) ? taken : null;
        if (_nextHeavy is not { } ready || !_budget.TryEnter(ready.Item.Cost))
            return null;
        _nextHeavy = null;
        return ready.Item;
    }

    private void Leave(Job job)
    {
        if (!job.IsHeavy)
            return;
        lock (_gate)
        {
            _budget.Leave(job.Cost);
            Monitor.PulseAll(_gate);
        }
    }

    private static void Drop(Waiting<Job> waiting)
    {
        if (waiting.Cancellation.IsCancellationRequested)
            waiting.Item.Done.SetCanceled(waiting.Cancellation);
        else
            waiting.Item.Done.SetException(Refusals.Expired(waiting.Deadline - waiting.Since));
    }

    private sealed record Job(Action Work, DecodeCost Cost, bool IsHeavy)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Run()
        {
            try
            {
                Work();
                return null;
            }
            catch (Exception exception)
            {
                return exception;
            }
        }

        public void End(Exception? failure)
        {
            if (failure is null)
                Done.SetResult();
            else
                Done.SetException(failure);
        }
    }
}
