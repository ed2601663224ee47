using System.Net;

namespace VitGrid.Transport.Tests;

/// <summary>What peers may take together.</summary>
public sealed class BoundsTests
{
    private static readonly IPAddress Here = IPAddress.Loopback, There = IPAddress.Parse("10.0.0.1");

    [Fact]
    public void Strangers_have_half_of_what_may_be_announced_and_workers_the_rest()
    {
        ReceiveBudget budget = new(100);
        IDisposable strangers = budget.TryTake(50, isKnown: false)!;
        Assert.Null(budget.TryTake(1, isKnown: false));
        IDisposable worker = budget.TryTake(50, isKnown: true)!;
        Assert.Null(budget.TryTake(1, isKnown: true));
        strangers.Dispose();
        Assert.NotNull(budget.TryTake(50, isKnown: true));
        worker.Dispose();
        Assert.NotNull(budget.TryTake(50, isKnown: false));
        Assert.Null(budget.TryTake(long.MaxValue, isKnown: true));
    }

    [Fact]
    public void Links_are_counted_by_address_and_in_all_and_a_known_peer_always_has_its_place()
    {
        LinkSlots slots = new(max: 3, maxPerAddress: 2);
        Assert.Null(slots.TryTake(Here, isKnown: false));
        Assert.Null(slots.TryTake(Here, isKnown: false));
        Assert.Contains("MaxLinksPerAddress", slots.TryTake(Here, isKnown: false), StringComparison.Ordinal);
        Assert.Null(slots.TryTake(There, isKnown: false));
        Assert.Contains("MaxLinks)", slots.TryTake(There, isKnown: false), StringComparison.Ordinal);
        Assert.Null(slots.TryTake(Here, isKnown: true));
        slots.Free(Here);
        slots.Free(Here);
        slots.Free(There);
        Assert.Equal((true, false), (slots.Holds(Here), slots.Holds(There)));
        Assert.Null(slots.TryTake(There, isKnown: false));
    }

    [Fact]
    public void What_a_peer_says_is_one_short_line()
    {
        Assert.Equal("a\\u000ab\\u001b[31m\\u2028c", PeerText.Escape("a\nb\u001b[31m\u2028c"));
        Assert.Equal("Grüße, 世界", PeerText.Escape("Grüße, 世界"));
        Assert.Equal(PeerText.MaxLength + 1, PeerText.Escape(new('x', 1 << 20)).Length);
        Assert.Equal("", PeerText.Escape(null));
    }

    [Fact]
    public void A_greeting_of_an_earlier_build_says_no_protocol_and_is_read()
    {
        Hello hello = new(new("grid", "node", 7), 8);
        Assert.Equal(hello, Hello.Read(hello.Write()));
        Assert.Equal(hello with { Protocol = 1 }, Hello.Read(hello.Write().AsMemory()[..^1]));
    }

    [Fact]
    public async Task A_frame_that_may_not_come_ends_its_link_before_its_body_is_read()
    {
        DataPlaneConfiguration strict = new()
        {
            Limits = PlanePair.Patient,
            Rules = new() { Gate = (_, kind) => kind == 7 ? 100 : null },
        };
        await using PlanePair pair = new(options: strict);
        foreach ((ushort kind, int body) in ((ushort, int)[])[(7, 101), (8, 1), (OwnKinds.Ping, 1)])
        {
            (RawPeer raw, Link link) = await RawPeer.GreetAsync(pair);
            raw.Send(raw.Frame(7, default, new byte[100]));
            Assert.Equal(100, (await pair.TakeAsync(1))[0].Body.Length);
            // The header alone: whoever waited for the rest would wait for ever.
            raw.Send(raw.Frame(kind, default, new byte[body]).AsSpan(0, FrameHeader.Bytes));
            Assert.Equal(LinkEndReason.Protocol, (await link.Ended).Reason);
            raw.Dispose();
        }
    }

    [Fact]
    public async Task Bodies_that_are_announced_and_never_sent_leave_room_for_workers()
    {
        const int Body = 1 << 20;
        DataPlaneConfiguration narrow = new()
        {
            Limits = PlanePair.Patient with { MaxReceivingBytes = 2 * Body },
            Rules = new() { IsKnown = peer => peer.Node == "left" },
        };
        await using PlanePair pair = new(options: narrow);
        (RawPeer first, _) = await RawPeer.GreetAsync(pair);
        first.Send(first.Frame(7, default, new byte[Body]).AsSpan(0, FrameHeader.Bytes + 1));
        Assert.True(SpinWait.SpinUntil(() => pair.Right.Buffers.RentedBytes > 0, TimeSpan.FromMinutes(1)), "the body is not received");
        (RawPeer second, Link refused) = await RawPeer.GreetAsync(pair);
        second.Send(second.Frame(7, default, new byte[Body]).AsSpan(0, FrameHeader.Bytes + 1));
        Assert.Contains("MaxReceivingBytes", (await refused.Ended).Message, StringComparison.Ordinal);
        (Link left, _) = await pair.ConnectAsync();
        await left.SendAsync(7, default, new byte[Body]);
        Assert.Equal(Body, (await pair.TakeAsync(1))[0].Body.Length);
        first.Dispose();
        second.Dispose();
        Assert.True(SpinWait.SpinUntil(() => pair.Right.Buffers.RentedBytes == 0, TimeSpan.FromMinutes(1)), "memory stays taken");
    }

    [Fact]
    public async Task A_process_that_does_not_listen_connects_to_others()
    {
        await using PlanePair pair = new();
        await using DataPlane mute = pair.Start(new() { Listens = false }, new("grid", "mute", 1), _ => pair.KeepAsync);
        Assert.Throws<InvalidOperationException>(() => mute.Endpoint);
        await using Link link = await mute.ConnectAsync(pair.Right.Endpoint, PlanePair.RightIncarnation, pair.KeepAsync, default);
        await link.SendAsync(7, default, default);
        Assert.Equal(7, (await pair.TakeAsync(1))[0].Kind);
    }
}
