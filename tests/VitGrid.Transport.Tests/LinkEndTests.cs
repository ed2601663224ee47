using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;

namespace VitGrid.Transport.Tests;

/// <summary>How links end, and that nothing damaged, repeated or unasked is delivered before they do.</summary>
public sealed class LinkEndTests
{
    [Property(MaxTest = 60)]
    public Property A_frame_with_any_flipped_bit_ends_the_link_and_is_never_delivered() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Elements(0, 1, 5_000, 300_000).ToArbitrary(),
        (bit, body) => FlipAsync(bit, body).GetAwaiter().GetResult());

    [Theory]
    [InlineData(1 << 16, 0)]
    [InlineData(-1, 0)]
    [InlineData(8, 1L << 20)]
    [InlineData(8, long.MaxValue)]
    [InlineData(8, -1L)]
    public async Task A_length_above_the_limits_ends_the_link_before_memory_is_taken(int head, long body)
    {
        await using PlanePair pair = new(options: new() { Limits = PlanePair.Patient with { MaxHeadBytes = 1024, MaxBodyBytes = 4096 } });
        (RawPeer raw, Link link) = await RawPeer.GreetAsync(pair);
        byte[] header = new byte[FrameHeader.Bytes];
        new FrameHeader(1, 1, head, body, 0).Write(header);
        raw.Send(header);
        Assert.Equal(LinkEndReason.Protocol, (await link.Ended).Reason);
        Assert.Equal(0, pair.Right.Buffers.RentedBytes + pair.Right.Buffers.KeptBytes);
        raw.Dispose();
    }

    [Fact]
    public async Task A_frame_that_is_sent_twice_is_delivered_once()
    {
        await using PlanePair pair = new();
        (RawPeer raw, Link link) = await RawPeer.GreetAsync(pair);
        byte[] frame = raw.Frame(5, new byte[3], new byte[10_000]);
        raw.Send([.. frame, .. frame]);
        LinkEnd end = await link.Ended;
        Assert.Equal((LinkEndReason.Protocol, "raw: frame 1 came where 2 was due: one was lost or sent twice"), (end.Reason, end.Message));
        Assert.Single(await pair.TakeAsync(1));
        Assert.False(pair.Frames.Reader.TryRead(out _));
        raw.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_killed_peer_is_noticed_without_waiting(bool reset)
    {
        // The clock of this test stands still: no time-out can have noticed.
        await using PlanePair pair = new(time: new FakeTimeProvider());
        (RawPeer raw, Link link) = await RawPeer.GreetAsync(pair);
        byte[] frame = raw.Frame(5, default, new byte[100_000]);
        raw.Send(frame.AsSpan(0, 70_000));
        raw.Die(reset);
        Assert.Equal(LinkEndReason.Reset, (await link.Ended).Reason);
        LinkEndedException refused = await Assert.ThrowsAsync<LinkEndedException>(() => link.SendAsync(1, default, default).AsTask());
        Assert.Equal(LinkEndReason.Reset, refused.End.Reason);
        Assert.False(pair.Frames.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_sender_that_waits_is_told_when_its_peer_is_killed()
    {
        await using PlanePair pair = new(time: new FakeTimeProvider());
        (RawPeer raw, Link link) = await RawPeer.GreetAsync(pair);
        Task[] sends = [.. Enumerable.Range(0, 40).Select(_ => link.SendAsync(1, default, new byte[8_000_000]).AsTask())];
        raw.Die(reset: true);
        foreach (Task send in sends.TakeLast(5))
            await Assert.ThrowsAsync<LinkEndedException>(() => send);
    }

    [Fact]
    public async Task A_mute_peer_is_given_up_and_one_that_speaks_now_and_then_is_not()
    {
        FakeTimeProvider time = new();
        await using PlanePair pair = new(time: time);
        (RawPeer raw, Link link) = await RawPeer.GreetAsync(pair);
        for (int i = 0; i < 4; i++)
        {
            for (int beat = 0; beat < 5; beat++)
                time.Advance(TimeSpan.FromMilliseconds(250));
            raw.Send(raw.Frame(5, default));
            await pair.TakeAsync(1);
        }
        Assert.False(link.Ended.IsCompleted);
        while (!link.Ended.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }
        Assert.Equal(
            new(LinkEndReason.Silent, "nothing came from raw for 1500 ms (VitGrid:Cluster:PeerSilenceMilliseconds)"), await link.Ended);
        raw.Dispose();
    }

    [Fact]
    public async Task An_idle_link_shows_signs_of_life()
    {
        FakeTimeProvider time = new();
        await using PlanePair pair = new(time: time);
        (RawPeer raw, _) = await RawPeer.GreetAsync(pair);
        for (int beat = 0; beat < 3; beat++)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            Assert.Equal(OwnKinds.Ping, (await raw.ReadAsync()).Kind);
        }
        raw.Dispose();
    }

    [Fact]
    public async Task A_slow_handler_slows_the_sender()
    {
        await using PlanePair pair = new();
        TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.OnRight = async (link, frame) =>
        {
            await (frame.Body is null ? Task.CompletedTask : held.Task);
            await pair.KeepAsync(link, frame);
        };
        (Link slow, _) = await pair.ConnectAsync();
        (Link free, _) = await pair.ConnectAsync();
        Task[] sends = [.. Enumerable.Range(0, 40).Select(i => slow.SendAsync((ushort)i, default, new byte[8_000_000]).AsTask())];
        try
        {
            int completed = -1;
            while (sends.Count(send => send.IsCompleted) is var now && now != completed)
            {
                completed = now;
                for (int i = 0; i < 200; i++)
                {
                    await free.SendAsync(1000, default, default);
                    await pair.TakeAsync(1);
                }
            }
            // What the kernel's buffers of both sides hold: some 40 MB here, of 320.
            Assert.InRange(completed, 0, 10);
        }
        finally
        {
            // Also where the test fails: links that close wait for their handlers.
            held.SetResult();
        }
        Assert.Equal(Enumerable.Range(0, 40), (await pair.TakeAsync(40)).Select(frame => (int)frame.Kind));
    }

    [Fact]
    public async Task A_handler_that_fails_ends_the_link()
    {
        await using PlanePair pair = new();
        pair.OnRight = (_, frame) => throw new InvalidOperationException($"kind {frame.Kind} is unknown");
        (Link left, Link right) = await pair.ConnectAsync();
        await left.SendAsync(9, default, default);
        Assert.Equal(new(LinkEndReason.HandlerFailed, "the handler of a frame of kind 9 from left failed: kind 9 is unknown"),
            await right.Ended);
        Assert.Equal(LinkEndReason.Reset, (await left.Ended).Reason);
    }

    [Theory]
    [InlineData(Wire.Tcp)]
    [InlineData(Wire.Unix)]
    [InlineData(Wire.Tls)]
    public async Task What_was_handed_over_before_the_close_is_delivered(Wire wire)
    {
        await using PlanePair pair = new(wire);
        (Link left, Link right) = await pair.ConnectAsync();
        Task[] sends = [.. Enumerable.Range(0, 20).Select(
            i => left.SendAsync((ushort)i, default, DeliveryTests.Bytes(1_000_000, i)).AsTask())];
        // Traffic the other way is unread when the link closes, which must not cost what was sent.
        Task back = right.SendAsync(100, default, new byte[20_000_000]).AsTask();
        await left.DisposeAsync();
        await Task.WhenAll(sends);
        Received[] received = await pair.TakeAsync(20);
        Assert.Equal(Enumerable.Range(0, 20), received.Select(frame => (int)frame.Kind).Where(kind => kind < 100));
        Assert.Equal((LinkEndReason.Closed, LinkEndReason.PeerClosed), ((await left.Ended).Reason, (await right.Ended).Reason));
        await Assert.ThrowsAsync<LinkEndedException>(() => left.SendAsync(1, default, default).AsTask());
        await Task.WhenAny(back);
    }

    [Fact]
    public async Task A_handler_may_close_its_own_link()
    {
        await using PlanePair pair = new();
        pair.OnRight = async (link, _) =>
        {
            await link.SendAsync(2, default, new byte[100]);
            await link.DisposeAsync();
        };
        (Link left, Link right) = await pair.ConnectAsync();
        await left.SendAsync(1, default, default);
        Assert.Equal((LinkEndReason.PeerClosed, LinkEndReason.Closed), ((await left.Ended).Reason, (await right.Ended).Reason));
        Assert.Equal(2, (await pair.TakeAsync(1))[0].Kind);
    }

    private static async Task<bool> FlipAsync(int bit, int body)
    {
        await using PlanePair pair = new();
        (RawPeer raw, Link link) = await RawPeer.GreetAsync(pair);
        byte[] frame = raw.Frame(5, DeliveryTests.Bytes(20, 1), DeliveryTests.Bytes(body, 2));
        bit %= frame.Length * 8;
        frame[bit / 8] ^= (byte)(1 << (bit % 8));
        raw.Send(frame);
        LinkEnd end = await link.Ended;
        raw.Dispose();
        return end.Reason is LinkEndReason.Corrupt or LinkEndReason.Protocol && !pair.Frames.Reader.TryRead(out _);
    }
}
