using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Transport;

namespace VitGrid.Benchmarks;

/// <summary>
/// The data plane between two processes beside a bare copy over the same kind of socket. The two take turns; the ratios are
/// medians over pairs of neighbouring turns, so that a noisy machine disturbs both sides of each.
/// </summary>
internal sealed class TransportBenchmark(int rounds) : IDisposable
{
    /// <summary>Bytes of a body.</summary>
    public static readonly int[] Sizes = [1_000_000, 6_500_000, 32_000_000, 104_960_000];

    private const long BytesATurn = 630_000_000;

    private readonly TransportPeer _peer = TransportPeer.Start();
    private TaskCompletionSource _answered = new();

    public static async Task<IReadOnlyList<string>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        using TransportBenchmark benchmark = new(rounds);
        return await benchmark.RunAsync(cancellationToken);
    }

    public void Dispose() => _peer.Dispose();

    private async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        await using DataPlane plane = DataPlane.Start(
            new() { UnixSocket = false }, new("benchmark", "self", 1), _ => TakeAsync, TimeProvider.System, NullLoggerFactory.Instance);
        using Socket tcp = Sockets.Tcp(AddressFamily.InterNetwork);
        await tcp.ConnectAsync(IPAddress.Loopback, _peer.Address.BareTcp, cancellationToken);
        using Socket unix = Sockets.Unix();
        await unix.ConnectAsync(new UnixDomainSocketEndPoint(_peer.Address.BareUnix), cancellationToken);
        await using Link overTcp = await plane.ConnectAsync(
            _peer.Address.DataPlane with { UnixSocket = null }, 1, TakeAsync, cancellationToken);
        await using Link overUnix = await plane.ConnectAsync(_peer.Address.DataPlane, 1, TakeAsync, cancellationToken);
        List<string> lines = ["socket   body MB   bare MB/s   VitGrid MB/s   ratio   bare CPU s/GB   VitGrid CPU s/GB   ratio"];
        foreach (int size in Sizes)
            lines.Add(await CompareAsync("TCP", size, tcp, overTcp));
        foreach (int size in Sizes)
            lines.Add(await CompareAsync("Unix", size, unix, overUnix));
        return lines;
    }

    private async Task<string> CompareAsync(string wire, int size, Socket bare, Link link)
    {
        using NativeBufferPool pool = new(0);
        using NativeBuffer body = pool.Rent(size);
        new Random(1).NextBytes(body.GetSpan());
        int count = (int)(BytesATurn / size);
        List<(Cost Bare, Cost Framed)> turns = [];
        for (int round = 0; round <= rounds; round++)
        {
            Cost bareCost = await MeasureAsync(() => BareSocket.SendAsync(bare, body.Memory, count));
            Cost framedCost = await MeasureAsync(() => SendAsync(link, body.Memory, count));
            // The first turn warms both up and is not counted.
            if (round > 0)
                turns.Add((bareCost, framedCost));
        }
        return Line(wire, size, count * (double)size, turns);
    }

    private async Task SendAsync(Link link, ReadOnlyMemory<byte> body, int count)
    {
        _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before = Task.CompletedTask;
        for (int i = 1; i <= count; i++)
        {
            // Two under way: one is written while the sender hears of the other.
            Task sent = link.SendAsync(i == count ? TransportPeer.Last : (ushort)1, default, body).AsTask();
            await before;
            before = sent;
        }
        await _answered.Task;
    }

    private async Task<Cost> MeasureAsync(Func<Task> turn)
    {
        TimeSpan cpu = Environment.CpuUsage.TotalTime + _peer.CpuTime;
        long begun = Stopwatch.GetTimestamp();
        await turn();
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return new(seconds, (Environment.CpuUsage.TotalTime + _peer.CpuTime - cpu).TotalSeconds);
    }

    private static string Line(string wire, int size, double bytes, List<(Cost Bare, Cost Framed)> turns)
    {
        (double bare, double framed) = (Median(turns.Select(turn => turn.Bare.Seconds)), Median(turns.Select(turn => turn.Framed.Seconds)));
        (double bareCpu, double framedCpu) = (Median(turns.Select(turn => turn.Bare.Cpu)), Median(turns.Select(turn => turn.Framed.Cpu)));
        double speed = Median(turns.Select(turn => turn.Bare.Seconds / turn.Framed.Seconds));
        double cpu = Median(turns.Select(turn => turn.Framed.Cpu / turn.Bare.Cpu));
        return string.Create(CultureInfo.InvariantCulture,
            $"{wire,-6}   {size / 1e6,7:F1}   {bytes / bare / 1e6,9:F0}   {bytes / framed / 1e6,12:F0}   {speed,5:F2}   "
                + $"{bareCpu / bytes * 1e9,13:F3}   {framedCpu / bytes * 1e9,16:F3}   {cpu,5:F2}");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private ValueTask TakeAsync(Link link, Frame frame)
    {
        _answered.TrySetResult();
        return ValueTask.CompletedTask;
    }

    private readonly record struct Cost(double Seconds, double Cpu);
}
