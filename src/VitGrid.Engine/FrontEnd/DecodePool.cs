using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// Threads of their own that decode, so that images never hold up the thread pool on which grains and HTTP run. What waits obeys the
/// same lanes as batches do; how much waits is bounded by <see cref="Admission"/>.
/// </summary>
public sealed class DecodePool : IDisposable
{
    private readonly object _gate = new();
    private readonly LaneQueue<Job> _lanes;
    private readonly TimeProvider _time;
    private bool _stopped;

    /// <summary>Starts <see cref="ImageOptions.DecodeThreads"/> threads.</summary>
    public DecodePool(GridOptions options, [FromKeyedServices(GridClock.Key)] TimeProvider time)
    {
        _lanes = new(options.Batching.InteractiveWeight);
        _time = time;
        for (int i = 0; i < options.Images.DecodeThreads; i++)
            new Thread(Loop) { Name = string.Create(CultureInfo.InvariantCulture, $"decode {i}"), IsBackground = true }.Start();
    }

    /// <summary>
    /// Runs <paramref name="work"/> on one of the threads. Work that is cancelled or past its deadline when its turn comes is not
    /// begun; the task ends only then, so what the work uses stays in use until it has.
    /// </summary>
    internal Task RunAsync(Action work, Lane lane, TimeSpan deadline, CancellationToken cancellationToken)
    {
        Job job = new(work);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _lanes.Add(new(job, lane, 0, _time.Now(), deadline, cancellationToken));
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
            job?.Run();
        }
    }

    /// <summary>Waits for work; <paramref name="job"/> is null when only dead work was met.</summary>
    private bool TryNext(List<Waiting<Job>> dropped, out Job? job)
    {
        lock (_gate)
        {
            while (_lanes.Count == 0 && !_stopped)
                Monitor.Wait(_gate);
            bool any = _lanes.Count > 0;
            job = _lanes.TryTake(_time.Now(), dropped, out Waiting<Job> taken) ? taken.Item : null;
            return any;
        }
    }

    private static void Drop(Waiting<Job> waiting)
    {
        if (waiting.Cancellation.IsCancellationRequested)
            waiting.Item.Done.SetCanceled(waiting.Cancellation);
        else
            waiting.Item.Done.SetException(Refusals.Expired(waiting.Deadline - waiting.Since));
    }

    private sealed record Job(Action Work)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Run()
        {
            try
            {
                Work();
                Done.SetResult();
            }
            catch (Exception exception)
            {
                Done.SetException(exception);
            }
        }
    }
}
