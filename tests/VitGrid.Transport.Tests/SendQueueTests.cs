namespace VitGrid.Transport.Tests;

/// <summary>What is sent next, and what becomes of the rest.</summary>
public sealed class SendQueueTests
{
    private static readonly LinkEnd End = new(LinkEndReason.Reset, "gone");
    private readonly SendQueue _queue = new();

    [Fact]
    public void Frames_without_a_body_go_first_and_the_rest_keep_their_order()
    {
        Outgoing[] large = [Add(body: 1), Add(body: 2)];
        Outgoing[] small = [Add(body: 0), Add(body: 0)];
        Assert.Equal([small[0], small[1], large[0], large[1]], Enumerable.Range(0, 4).Select(_ => TryDequeue()));
    }

    [Fact]
    public async Task A_cancelled_frame_is_not_sent_and_holds_up_nobody()
    {
        Outgoing first = Add(body: 1);
        Outgoing second = Add(body: 1);
        first.GiveUp(new CancellationToken(canceled: true));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Sent);
        Assert.Same(second, TryDequeue());
    }

    [Fact]
    public async Task A_frame_that_has_begun_cannot_be_given_up()
    {
        Outgoing frame = Add(body: 1);
        TryDequeue();
        frame.GiveUp(new CancellationToken(canceled: true));
        frame.GiveUp(End);
        frame.Complete();
        await frame.Sent;
    }

    [Fact]
    public void Closing_lets_those_before_go_and_refuses_those_after()
    {
        Outgoing before = Add(body: 1);
        _queue.Close(End);
        Assert.Same(End, Assert.Throws<LinkEndedException>(() => Add(body: 0)).End);
        Assert.Same(before, TryDequeue());
        Assert.False(_queue.TryDequeue(out _));
    }

    [Fact]
    public async Task A_failure_turns_away_everybody_who_waits()
    {
        Outgoing[] waiting = [Add(body: 1), Add(body: 0)];
        _queue.Fail(End);
        foreach (Outgoing turnedAway in waiting)
            Assert.Same(End, (await Assert.ThrowsAsync<LinkEndedException>(() => turnedAway.Sent)).End);
        Assert.Throws<LinkEndedException>(() => Add(body: 0));
        Assert.False(_queue.TryDequeue(out _));
    }

    [Fact]
    public async Task A_writer_that_waits_gets_what_comes()
    {
        Task<Outgoing> taken = Task.Run(TryDequeue);
        Outgoing frame = Add(body: 0);
        Assert.Same(frame, await taken);
    }

    [Fact]
    public void A_sign_of_life_is_added_only_where_nothing_waits()
    {
        Outgoing sign = Frame(body: 0);
        Assert.True(_queue.TryAddAlone(sign));
        Assert.False(_queue.TryAddAlone(Frame(body: 0)));
        Assert.Same(sign, TryDequeue());
        Add(body: 1);
        Assert.False(_queue.TryAddAlone(Frame(body: 0)));
    }

    private Outgoing Add(int body)
    {
        Outgoing frame = Frame(body);
        _queue.Add(frame);
        return frame;
    }

    private Outgoing TryDequeue() =>
        _queue.TryDequeue(out Outgoing? frame) ? frame : throw new InvalidOperationException("the queue has ended");

    private static Outgoing Frame(int body) => new(1, default, new byte[body]);
}
