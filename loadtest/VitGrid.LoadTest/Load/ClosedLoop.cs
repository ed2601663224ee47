using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Load;

/// <summary>
/// Clients that each ask again as soon as they are answered. A request is due when it is sent: a server that stands still is asked less,
/// which is what a closed loop means and why it measures capacity, not waiting.
/// </summary>
internal sealed class ClosedLoop(RequestPlan plan, Func<PlannedRequest, Task<Answer>> send, LoadClock clock, Action<Attempt> ended)
{
    /// <summary>
    /// Keeps <paramref name="connections"/> requests under way until <paramref name="end"/>, all of step <paramref name="step"/>.
    /// </summary>
    public Task RunAsync(int connections, int step, TimeSpan end, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, connections).Select(
            _ => Task.Run(() => RunOneAsync(step, end, cancellationToken), cancellationToken)));

    private async Task RunOneAsync(int step, TimeSpan end, CancellationToken cancellationToken)
    {
        while (clock.Now() is var sent && sent < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            PlannedRequest request;
            lock (plan)
                request = plan.Next();
            Answer answer = await send(request).ConfigureAwait(false);
            ended(new(sent, sent, clock.Now(), step, answer));
        }
    }
}
