using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace VitGrid.Transport.Tests;

/// <summary>What is sent arrives: whole, in order, once.</summary>
public sealed class DeliveryTests
{
    [Theory]
    [InlineData(Wire.Tcp)]
    [InlineData(Wire.Unix)]
    [InlineData(Wire.Tls)]
    public async Task Frames_of_every_size_arrive_in_order_as_they_were_sent(Wire wire)
    {
        await using PlanePair pair = new(wire);
        (Link left, Link right) = await pair.ConnectAsync();
        int[] sizes = [0, 1, 4095, 4096, 4097, 602_112, 0, (256 << 10) + 1, 6_500_000, 33_000_001];
        for (int i = 0; i < sizes.Length; i++)
            await left.SendAsync((ushort)i, Bytes(i, i), Bytes(sizes[i], i));
        Received[] received = await pair.TakeAsync(sizes.Length);
        Assert.Equal(Enumerable.Range(0, sizes.Length), received.Select(frame => (int)frame.Kind));
        Assert.All(received, frame => Assert.True(frame.Head.AsSpan().SequenceEqual(Bytes(frame.Kind, frame.Kind))));
        Assert.All(received, frame => Assert.True(frame.Body.AsSpan().SequenceEqual(Bytes(sizes[frame.Kind], frame.Kind))));
        Assert.Equal(("left", "right"), (right.Peer.Node, left.Peer.Node));
    }

    [Property(MaxTest = 15)]
    public Property Any_heads_and_bodies_arrive_as_they_were_sent() => Prop.ForAll(
        Gen.Choose(0, 70_000).Two().NonEmptyListOf().ToArbitrary(),
        frames => ArriveAsync([.. frames.Select(sizes => (sizes.Item1 % 65_536, sizes.Item2))]).GetAwaiter().GetResult());

    [Fact]
    public async Task Both_sides_send_at_once()
    {
        await using PlanePair pair = new();
        (Link left, Link right) = await pair.ConnectAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).SelectMany(i => new[]
        {
            left.SendAsync(1, Bytes(8, i), Bytes(3_000_000, i)).AsTask(),
            right.SendAsync(2, Bytes(8, i), Bytes(3_000_000, i)).AsTask(),
        }));
        Received[] received = await pair.TakeAsync(40);
        Assert.Equal(20, received.Count(frame => frame.Kind == 1));
        Assert.All(received.GroupBy(frame => frame.Kind), frames => Assert.All(
            frames.Index(), frame => Assert.True(frame.Item.Body.AsSpan().SequenceEqual(Bytes(3_000_000, frame.Index)))));
    }

    [Theory]
    [InlineData(Wire.Tcp)]
    [InlineData(Wire.Unix)]
    public async Task Two_hundred_concurrent_senders_lose_and_repeat_nothing(Wire wire)
    {
        await using PlanePair pair = new(wire);
        (Link left, _) = await pair.ConnectAsync();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            await left.SendAsync(1, Bytes(4, i), Bytes(40_000, i));
            await left.SendAsync(2, Bytes(4, i), default);
        })));
        Received[] received = await pair.TakeAsync(400);
        string[] heads = [.. Enumerable.Range(0, 200).Select(i => Convert.ToHexString(Bytes(4, i))).Order()];
        Assert.All(received.GroupBy(frame => frame.Kind), frames => Assert.Equal(
            heads, frames.Select(frame => Convert.ToHexString(frame.Head)).Order()));
    }

    [Fact]
    public async Task The_machines_socket_is_taken_for_a_peer_on_it_and_tcp_for_one_elsewhere()
    {
        await using PlanePair pair = new(Wire.Unix);
        NodeEndpoint here = pair.Right.Endpoint;
        await using Link onlyUnix = await pair.Left.ConnectAsync(
            here with { Port = 1 }, PlanePair.RightIncarnation, pair.KeepAsync, default);
        await using Link noSuchFile = await pair.Left.ConnectAsync(
            here with { UnixSocket = "/nowhere" }, PlanePair.RightIncarnation, pair.KeepAsync, default);
        await using Link elsewhere = await pair.Left.ConnectAsync(
            here with { Machine = "another" }, PlanePair.RightIncarnation, pair.KeepAsync, default);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(
                Path.GetDirectoryName(here.UnixSocket)!));
    }

    [Theory]
    [InlineData(0xFF00, 0, 0, "kind 65280 is the transport's own")]
    [InlineData(1, 1025, 0, "the head has 1025 bytes; allowed are 1024 (VitGrid:DataPlane:MaxHeadBytes)")]
    [InlineData(1, 0, 2001, "the body has 2001 bytes; allowed are 2000 (VitGrid:DataPlane:MaxBodyBytes)")]
    public async Task A_frame_above_the_limits_is_refused_before_it_leaves(int kind, int head, int body, string message)
    {
        await using PlanePair pair = new(options: new() { Limits = PlanePair.Patient with { MaxHeadBytes = 1024, MaxBodyBytes = 2000 } });
        (Link left, _) = await pair.ConnectAsync();
        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(
            () => left.SendAsync((ushort)kind, new byte[head], new byte[body]).AsTask());
        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.False(left.Ended.IsCompleted);
    }

    internal static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task<bool> ArriveAsync((int Head, int Body)[] frames)
    {
        await using PlanePair pair = new(Wire.Unix);
        (Link left, _) = await pair.ConnectAsync();
        foreach ((int head, int body) in frames)
            await left.SendAsync(1, Bytes(head, head), Bytes(body, body));
        Received[] received = await pair.TakeAsync(frames.Length);
        return frames.Zip(received).All(both =>
            both.Second.Head.AsSpan().SequenceEqual(Bytes(both.First.Head, both.First.Head))
            && both.Second.Body.AsSpan().SequenceEqual(Bytes(both.First.Body, both.First.Body)));
    }
}
