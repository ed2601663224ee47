using VitGrid.Grains.Transport;

namespace VitGrid.Grains.Tests.Transport;

/// <summary>Whose turn it is to send.</summary>
public sealed class SendGateTests
{
    private static readonly LinkEnd End = new(LinkEndReason.Reset, "gone");
    private readonly SendGate _gate = new();

    [Fact]
    public async Task Small_frames_wait_for_the_one_under_way_only_and_the_rest_keep_their_order()
    {
        await Enter(small: false);
        Task[] large = [Enter(small: false), Enter(small: false)];
        Task[] small = [Enter(small: true), Enter(small: true)];
        foreach (Task next in (Task[])[small[0], small[1], large[0], large[1]])
        {
            Assert.False(next.IsCompleted);
            _gate.Leave();
            await next;
        }
        _gate.Leave();
        Assert.True(_gate.TryEnter());
        Assert.False(_gate.TryEnter());
    }

    [Fact]
    public async Task A_cancelled_caller_loses_its_turn_and_holds_up_nobody()
    {
        await Enter(small: false);
        using CancellationTokenSource cancelled = new();
        Task first = _gate.EnterAsync(false, cancelled.Token).AsTask();
        Task second = Enter(small: false);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _gate.Leave();
        await second;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _gate.EnterAsync(true, cancelled.Token).AsTask());
    }

    [Fact]
    public async Task Closing_waits_for_those_before_and_refuses_those_after()
    {
        await Enter(small: false);
        Task waiting = Enter(small: false);
        Task closing = _gate.CloseAsync(End);
        Assert.Same(End, (await Assert.ThrowsAsync<LinkEndedException>(() => Enter(small: true))).End);
        _gate.Leave();
        await waiting;
        Assert.False(closing.IsCompleted);
        _gate.Leave();
        await closing;
        Assert.False(_gate.TryEnter());
    }

    [Fact]
    public async Task A_failure_turns_away_everybody_who_waits()
    {
        await Enter(small: false);
        Task[] waiting = [Enter(small: false), Enter(small: true)];
        _gate.Fail(End);
        foreach (Task turnedAway in waiting)
            await Assert.ThrowsAsync<LinkEndedException>(() => turnedAway);
        _gate.Leave();
        await Assert.ThrowsAsync<LinkEndedException>(() => Enter(small: true));
    }

    private async Task Enter(bool small) => await _gate.EnterAsync(small, default);
}
