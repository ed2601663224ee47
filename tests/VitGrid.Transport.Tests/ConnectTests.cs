using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;

namespace VitGrid.Transport.Tests;

/// <summary>Who may connect, and what the others are told.</summary>
public sealed class ConnectTests
{
    [Fact]
    public async Task Another_incarnation_than_the_expected_one_is_refused()
    {
        await using PlanePair pair = new();
        PeerConnectException refused = await FailAsync(pair.Left, pair.Right.Endpoint, expected: 9);
        Assert.Equal(ConnectFailure.WrongIncarnation, refused.Failure);
        Assert.StartsWith("it is not incarnation 9, or of another cluster", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_of_another_cluster_is_refused()
    {
        await using PlanePair pair = new();
        await using DataPlane stranger = pair.Start(new() { UnixSocket = false }, new("other", "stranger", 1), _ => pair.KeepAsync);
        PeerConnectException refused = await FailAsync(stranger, pair.Right.Endpoint);
        Assert.Equal(ConnectFailure.WrongIncarnation, refused.Failure);
        Assert.DoesNotContain("grid", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other", PlanePair.RightIncarnation)]
    [InlineData("grid", 9)]
    public async Task A_refusal_is_the_same_byte_whatever_was_wrong(string cluster, long expected)
    {
        await using PlanePair pair = new();
        using RawPeer stranger = new(pair.Right);
        stranger.Send(stranger.Frame(OwnKinds.Hello, new Hello(new(cluster, "stranger", 1), expected).Write()));
        Frame refusal = await stranger.ReadAsync();
        Assert.Equal(OwnKinds.Refusal, refusal.Kind);
        Assert.Equal([(byte)ConnectFailure.WrongIncarnation], refusal.Head.ToArray());
        await stranger.ClosedAsync();
    }

    [Theory]
    [InlineData("two\nlines")]
    [InlineData("\u001b[31mred")]
    [InlineData("a name")]
    [InlineData("")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        await using PlanePair pair = new();
        using RawPeer stranger = new(pair.Right);
        stranger.Send(stranger.Frame(OwnKinds.Hello, new Hello(new("grid", name, 1), PlanePair.RightIncarnation).Write()));
        await stranger.ClosedAsync();
        await pair.ConnectAsync();
    }

    [Fact]
    public async Task Two_hundred_silent_callers_do_not_keep_a_peer_out()
    {
        // The clock stands still: no deadline has made room.
        await using PlanePair pair = new(time: new FakeTimeProvider());
        RawPeer[] mutes = [.. Enumerable.Range(0, 200).Select(_ => new RawPeer(pair.Right))];
        await pair.ConnectAsync();
        await Task.WhenAll(mutes.Take(100).Select(mute => mute.ClosedAsync()));
        await pair.ConnectAsync();
        foreach (RawPeer mute in mutes)
            mute.Dispose();
    }

    [Fact]
    public async Task Links_of_strangers_are_bounded_and_a_worker_of_the_grid_is_let_in_above_the_bound()
    {
        DataPlaneConfiguration few = new()
        {
            Limits = PlanePair.Patient with { MaxLinks = 2 },
            Rules = new() { IsKnown = peer => peer.Node == "left" },
        };
        await using PlanePair pair = new(options: few);
        (RawPeer first, Link link) = await RawPeer.GreetAsync(pair);
        (RawPeer second, _) = await RawPeer.GreetAsync(pair);
        using RawPeer third = new(pair.Right);
        third.Send(third.Frame(OwnKinds.Hello, new Hello(new("grid", "raw", 1), PlanePair.RightIncarnation).Write()));
        await third.ClosedAsync();
        await pair.ConnectAsync();
        first.Die(reset: true);
        await link.Ended;
        Assert.True(SpinWait.SpinUntil(() => TryGreet(pair), TimeSpan.FromMinutes(1)), "the place of the link that ended stays taken");
        second.Dispose();
    }

    [Fact]
    public async Task A_process_that_is_gone_is_told_apart_at_once()
    {
        // The clock of this test stands still: no time-out can have decided.
        await using PlanePair pair = new(time: new FakeTimeProvider());
        DataPlane gone = pair.Start(new() { UnixSocket = false }, new("grid", "gone", 1), _ => pair.KeepAsync);
        await gone.DisposeAsync();
        PeerConnectException refused = await FailAsync(pair.Left, gone.Endpoint);
        Assert.Equal((ConnectFailure.Refused, $"nobody listens at {gone.Endpoint}"), (refused.Failure, refused.Message));
    }

    [Fact]
    public async Task A_socket_file_that_a_killed_process_left_behind_does_not_hide_that_it_is_gone()
    {
        await using PlanePair pair = new(time: new FakeTimeProvider());
        using SocketFolder left = new();
        Sockets.Listen(Sockets.Unix(), left.EndPoint()).Dispose();
        await File.WriteAllTextAsync(left.Path, "");
        NodeEndpoint gone = new("127.0.0.1", FreePort(), left.Path, MachineToken.Current);
        Assert.Equal(ConnectFailure.Refused, (await FailAsync(pair.Left, gone)).Failure);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_times_out()
    {
        FakeTimeProvider time = new();
        await using PlanePair pair = new(time: time);
        using Socket mute = Sockets.Listen(Sockets.Tcp(AddressFamily.InterNetwork), new IPEndPoint(IPAddress.Loopback, 0));
        Task<PeerConnectException> failing = FailAsync(pair.Left, At(mute));
        await AdvanceUntilAsync(time, failing);
        Assert.Equal(ConnectFailure.TimedOut, (await failing).Failure);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_cancelled_and_not_failed()
    {
        await using PlanePair pair = new();
        using Socket mute = Sockets.Listen(Sockets.Tcp(AddressFamily.InterNetwork), new IPEndPoint(IPAddress.Loopback, 0));
        using CancellationTokenSource giveUp = new();
        Task<Link> connecting = pair.Left.ConnectAsync(At(mute), 1, pair.KeepAsync, giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }

    [Fact]
    public async Task What_answers_in_another_language_is_no_data_plane()
    {
        await using PlanePair pair = new();
        using Socket web = Sockets.Listen(Sockets.Tcp(AddressFamily.InterNetwork), new IPEndPoint(IPAddress.Loopback, 0));
        Task<PeerConnectException> failing = FailAsync(pair.Left, At(web));
        using Socket accepted = await web.AcceptAsync();
        accepted.Send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8);
        Assert.Equal(ConnectFailure.Protocol, (await failing).Failure);
    }

    [Fact]
    public async Task A_caller_that_speaks_another_language_is_cut_off_and_the_next_one_served()
    {
        await using PlanePair pair = new();
        using RawPeer browser = new(pair.Right);
        browser.Send("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: somebody\r\n\r\n"u8);
        await browser.ClosedAsync();
        await pair.ConnectAsync();
    }

    [Fact]
    public async Task Callers_that_say_nothing_are_cut_off_and_hinder_nobody_for_longer()
    {
        FakeTimeProvider time = new();
        await using PlanePair pair = new(time: time);
        RawPeer[] mutes = [.. Enumerable.Range(0, 70).Select(_ => new RawPeer(pair.Right))];
        await AdvanceUntilAsync(time, Task.WhenAll(mutes.Select(mute => mute.ClosedAsync())));
        await pair.ConnectAsync();
    }

    [Fact]
    public async Task A_body_before_the_greeting_is_refused()
    {
        await using PlanePair pair = new();
        using RawPeer raw = new(pair.Right);
        raw.Send(raw.Frame(OwnKinds.Hello, default, new byte[1000]));
        await raw.ClosedAsync();
        Assert.Equal(0, pair.Right.Buffers.KeptBytes);
    }

    internal static async Task<PeerConnectException> FailAsync(
        DataPlane from, NodeEndpoint to, long expected = PlanePair.RightIncarnation) =>
        await Assert.ThrowsAsync<PeerConnectException>(() => from.ConnectAsync(to, expected, (_, _) => ValueTask.CompletedTask, default));

    private static async Task AdvanceUntilAsync(FakeTimeProvider time, Task done)
    {
        while (!done.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }
    }

    private static bool TryGreet(PlanePair pair)
    {
        using RawPeer raw = new(pair.Right);
        raw.Send(raw.Frame(OwnKinds.Hello, new Hello(new("grid", "raw", 1), PlanePair.RightIncarnation).Write()));
        try
        {
            return raw.ReadAsync().GetAwaiter().GetResult().Kind == OwnKinds.Hello;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static NodeEndpoint At(Socket listener) => new("127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port, null, "");

    private static int FreePort()
    {
        using Socket taken = Sockets.Listen(Sockets.Tcp(AddressFamily.InterNetwork), new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)taken.LocalEndPoint!).Port;
    }
}
