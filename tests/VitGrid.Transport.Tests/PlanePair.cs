using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;

namespace VitGrid.Transport.Tests;

/// <summary>Which socket a test goes over.</summary>
public enum Wire
{
    Tcp,
    Unix,
    Tls,
}

/// <summary>A frame copied out of its buffer.</summary>
internal sealed record Received(ushort Kind, byte[] Head, byte[] Body);

/// <summary>Two data planes of one cluster, "left" and "right", in this process.</summary>
internal sealed class PlanePair : IAsyncDisposable
{
    public const long LeftIncarnation = 7;
    public const long RightIncarnation = 8;

    /// <summary>A busy machine may take its time over a handshake; only tests of the limit set it.</summary>
    internal static readonly DataPlaneOptions Patient = new() { ConnectMilliseconds = 60_000, GreetingMilliseconds = 60_000 };

    /// <summary>Nor is a peer dead that a busy machine keeps waiting: tests of silence play the time.</summary>
    private static readonly DataPlaneConfiguration Unhurried = new() { Limits = Patient, SilenceMilliseconds = 60_000 };

    /// <summary>What never comes fails a test by its name and does not hold up all others.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    private readonly TestAuthority? _authority;
    private readonly Channel<Link> _accepted = Channel.CreateUnbounded<Link>();

    public PlanePair(Wire wire = Wire.Tcp, TimeProvider? time = null, DataPlaneConfiguration? options = null)
    {
        options = (options ?? (time is null ? Unhurried : new() { Limits = Patient })) with { UnixSocket = wire == Wire.Unix };
        _authority = wire == Wire.Tls ? new() : null;
        options = options with { Tls = _authority?.Issue("member") };
        Time = time ?? TimeProvider.System;
        OnRight = KeepAsync;
        Left = Start(options, new("grid", "left", LeftIncarnation), _ => KeepAsync);
        Right = Start(options, new("grid", "right", RightIncarnation), link =>
        {
            _accepted.Writer.TryWrite(link);
            return (from, frame) => OnRight(from, frame);
        });
    }

    public TimeProvider Time { get; }

    public DataPlane Left { get; }

    public DataPlane Right { get; }

    /// <summary>Takes the frames on the right; set it before connecting. Default: keeps them in <see cref="Frames"/>.</summary>
    public FrameHandler OnRight { get; set; }

    /// <summary>What arrived at either side.</summary>
    public Channel<Received> Frames { get; } = Channel.CreateUnbounded<Received>();

    public DataPlane Start(DataPlaneConfiguration options, NodeIdentity self, LinkAccepted accepted) =>
        DataPlane.Start(options, self, accepted, Time, NullLoggerFactory.Instance);

    public async Task<(Link Left, Link Right)> ConnectAsync()
    {
        Link left = await Left.ConnectAsync(Right.Endpoint, RightIncarnation, KeepAsync, default);
        return (left, await AcceptedAsync());
    }

    /// <summary>The next link that the right side has accepted.</summary>
    public async Task<Link> AcceptedAsync() => await _accepted.Reader.ReadAsync().AsTask().WaitAsync(Long);

    public async Task<Received[]> TakeAsync(int count)
    {
        List<Received> taken = [];
        while (taken.Count < count)
            taken.Add(await Frames.Reader.ReadAsync().AsTask().WaitAsync(Long));
        return [.. taken];
    }

    public ValueTask KeepAsync(Link link, Frame frame)
    {
        Received received = new(frame.Kind, frame.Head.ToArray(), frame.Body is null ? [] : frame.Body.GetSpan().ToArray());
        // First: whoever has taken the frame may count the buffers.
        frame.Body?.Dispose();
        Frames.Writer.TryWrite(received);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Left.DisposeAsync().AsTask(), Right.DisposeAsync().AsTask());
        _authority?.Dispose();
        Assert.Equal(0, Left.Buffers.RentedBytes + Right.Buffers.RentedBytes);
    }
}
