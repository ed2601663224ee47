using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Cluster.Membership;
using VitGrid.Transport;

namespace VitGrid.Benchmarks;

/// <summary>
/// What small grain calls between two silos feel while frames of 105 MB flow between the same two processes without a pause.
/// Idle and loaded turns alternate.
/// </summary>
internal sealed class CallsBenchmark(int rounds)
{
    private const int CallsATurn = 4_000;
    private const int WarmUpTurns = 5;
    private static readonly int BodyBytes = TransportBenchmark.Sizes[^1];

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        (int siloPort, int gatewayPort) = FreePorts.From(new(), IPAddress.Loopback);
        using IHost silo = await CallsPeer.StartSiloAsync(siloPort, gatewayPort, siloPort);
        List<string> lines = ["socket   idle p50 ms   p99 ms   loaded p50 ms   p99 ms   ratio p50   ratio p99   MB/s beside"];
        using (CallsPeer peer = CallsPeer.Start(siloPort))
        {
            IPingGrain ping = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IPingGrain>(0);
            if (await ping.PingAsync() is var process && process != peer.ProcessId)
                throw new InvalidOperationException(
                    $"the ping grain lives in process {process}, not in the second one, {peer.ProcessId}: nothing would cross");
            // The first calls compile; what is compiled anew in the background would be felt by both kinds of turn, but not alike.
            for (int i = 0; i < WarmUpTurns; i++)
                await CallAsync(ping);
            lines.Add(await MeasureAsync("TCP", ping, peer.DataPlane with { UnixSocket = null }, cancellationToken));
            lines.Add(await MeasureAsync("Unix", ping, peer.DataPlane, cancellationToken));
        }
        await silo.StopAsync(cancellationToken);
        return lines;
    }

    private async Task<string> MeasureAsync(string wire, IPingGrain ping, NodeEndpoint peer, CancellationToken cancellationToken)
    {
        await using DataPlane plane = DataPlane.Start(
            new() { UnixSocket = false }, new("benchmark", "self", 1), _ => TakeNothing, TimeProvider.System, NullLoggerFactory.Instance);
        await using Link link = await plane.ConnectAsync(peer, 1, TakeNothing, cancellationToken);
        using NativeBuffer body = plane.Buffers.Rent(BodyBytes);
        List<double> idle = [], loaded = [], speeds = [];
        for (int round = 0; round <= rounds; round++)
        {
            List<double> quiet = await CallAsync(ping);
            (List<double> busy, double speed) = await CallBesideAsync(ping, link, body.Memory);
            // The first turn warms both up and is not counted.
            if (round == 0)
                continue;
            idle.AddRange(quiet);
            loaded.AddRange(busy);
            speeds.Add(speed);
        }
        return Line(wire, idle, loaded, speeds.Average());
    }

    private static async Task<(List<double> Milliseconds, double Speed)> CallBesideAsync(
        IPingGrain ping, Link link, ReadOnlyMemory<byte> body)
    {
        using CancellationTokenSource stop = new();
        long begun = Stopwatch.GetTimestamp();
        Task<int> flow = Task.Run(async () =>
        {
            int sent = 0;
            for (; !stop.IsCancellationRequested; sent++)
                await link.SendAsync(1, default, body);
            return sent;
        });
        List<double> milliseconds = await CallAsync(ping);
        await stop.CancelAsync();
        int frames = await flow;
        return (milliseconds, frames * (body.Length / 1e6) / Stopwatch.GetElapsedTime(begun).TotalSeconds);
    }

    private static async Task<List<double>> CallAsync(IPingGrain ping)
    {
        List<double> milliseconds = [];
        while (milliseconds.Count < CallsATurn)
        {
            long begun = Stopwatch.GetTimestamp();
            await ping.PingAsync();
            milliseconds.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        return milliseconds;
    }

    private static string Line(string wire, List<double> idle, List<double> loaded, double speed)
    {
        idle.Sort();
        loaded.Sort();
        (double idle50, double idle99) = (idle[idle.Count / 2], idle[idle.Count * 99 / 100]);
        (double loaded50, double loaded99) = (loaded[loaded.Count / 2], loaded[loaded.Count * 99 / 100]);
        return string.Create(CultureInfo.InvariantCulture,
            $"{wire,-6}   {idle50,11:F2}   {idle99,6:F2}   {loaded50,13:F2}   {loaded99,6:F2}   {loaded50 / idle50,9:F2}   "
                + $"{loaded99 / idle99,9:F2}   {speed,11:F0}");
    }

    private static ValueTask TakeNothing(Link link, Frame frame)
    {
        frame.Body?.Dispose();
        return ValueTask.CompletedTask;
    }
}
