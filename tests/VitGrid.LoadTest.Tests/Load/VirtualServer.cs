using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Tests.Load;

/// <summary>A server in virtual time that takes one millisecond a request, one after the other, and stands still for a while.</summary>
internal sealed class VirtualServer(TimeSpan stallsFrom, TimeSpan stallsUntil)
{
    private static readonly TimeSpan Service = TimeSpan.FromMilliseconds(1);

    private readonly Queue<(TimeSpan Done, TaskCompletionSource<Answer> Answer)> _underWay = new();
    private TimeSpan _now;
    private TimeSpan _free;

    public LoadClock Clock => new(() => _now, (due, _) =>
    {
        MoveTo(due);
        return ValueTask.CompletedTask;
    });

    /// <summary>The answer comes when virtual time has reached its end.</summary>
    public Task<Answer> SendAsync(PlannedRequest request)
    {
        TimeSpan begin = Later(_now, _free);
        _free = (begin >= stallsFrom && begin < stallsUntil ? stallsUntil : begin) + Service;
        TaskCompletionSource<Answer> answer = new();
        _underWay.Enqueue((_free, answer));
        return answer.Task;
    }

    /// <summary>Lets time pass.</summary>
    public void MoveTo(TimeSpan time)
    {
        while (_underWay.TryPeek(out (TimeSpan Done, TaskCompletionSource<Answer> Answer) next) && next.Done <= time)
        {
            _underWay.Dequeue();
            _now = next.Done;
            next.Answer.SetResult(new(Ending.Answered, 1));
        }
        _now = Later(_now, time);
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
