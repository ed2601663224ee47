using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Load;

/// <summary>
/// Sends every request at its time, whatever became of those before. Requests under way are bounded; one beyond the bound is not sent and
/// counts as such.
/// </summary>
internal sealed class OpenLoop(RequestPlan plan, Func<PlannedRequest, Task<Answer>> send, LoadClock clock, Action<Attempt> ended)
{
    /// <summary>Most requests under way.</summary>
    public const int MaxUnderWay = 4_096;

    private readonly HashSet<Task> _underWay = [];

    /// <summary>Sends until the arrivals or <paramref name="cancellationToken"/> end it, then waits for the last answers.</summary>
    public async Task RunAsync(IEnumerable<Arrival> arrivals, CancellationToken cancellationToken)
    {
        try
        {
            foreach (Arrival arrival in arrivals)
            {
                await clock.WaitUntil(arrival.Due, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                Begin(arrival, plan.Next());
            }
        }
        finally
        {
            await Task.WhenAll(UnderWay()).ConfigureAwait(false);
        }
    }

    private void Begin(Arrival arrival, PlannedRequest request)
    {
        TimeSpan now = clock.Now();
        lock (_underWay)
        {
            if (_underWay.Count >= MaxUnderWay)
            {
                ended(new(arrival.Due, now, now, arrival.Step, new(
                    Ending.NotSent, request.Images.Count, $"not sent: {MaxUnderWay} under way", Lane: request.Lane)));
                return;
            }
        }
        Task task = SendAsync(arrival, now, request);
        lock (_underWay)
            _underWay.Add(task);
        _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task SendAsync(Arrival arrival, TimeSpan sent, PlannedRequest request)
    {
        Answer answer = await send(request).ConfigureAwait(false);
        ended(new(arrival.Due, sent, clock.Now(), arrival.Step, answer));
    }

    private void Forget(Task task)
    {
        lock (_underWay)
            _underWay.Remove(task);
    }

    private Task[] UnderWay()
    {
        lock (_underWay)
            return [.. _underWay];
    }
}
