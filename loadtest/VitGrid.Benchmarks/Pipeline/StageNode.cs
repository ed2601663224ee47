using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Hosting;
using VitGrid.Cluster.Segments;
using VitGrid.Engine.Options;

namespace VitGrid.Benchmarks.Pipeline;

/// <summary>How busy a worker process has been so far; a line of its standard output.</summary>
/// <param name="At">Seconds since it began.</param>
/// <param name="Busy">Seconds of its stages at work, by segment.</param>
/// <param name="Messages">Orleans messages it has sent.</param>
/// <param name="CpuSeconds">Processor time it has used.</param>
internal sealed record NodeReading(double At, Dictionary<int, double> Busy, long Messages, double CpuSeconds);

/// <summary>A real worker process whose segments only take time. Ends when its standard input ends.</summary>
internal static class StageNode
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    public static async Task RunAsync(GridOptions options, TimeSpan stageTime)
    {
        long messages = 0;
        using MeterListener listener = Count(() => Interlocked.Increment(ref messages));
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(SimulatedSegment.Loader(stageTime));
        // Such segments compute no image that could be known.
        builder.AddVitGrid(options with { Health = options.Health with { Probes = false } });
        using IHost host = builder.Build();
        await host.StartAsync();
        Task ended = Task.Run(() => Console.In.ReadToEnd());
        long began = Stopwatch.GetTimestamp();
        using PeriodicTimer beat = new(Beat);
        while (!ended.IsCompleted && await beat.WaitForNextTickAsync())
        {
            Dictionary<int, double> busy = host.Services.GetRequiredService<SegmentHost>().Busy()
                .GroupBy(stage => stage.Key.Segment).ToDictionary(same => same.Key, same => same.Sum(stage => stage.Busy.TotalSeconds));
            NodeReading reading = new(
                Stopwatch.GetElapsedTime(began).TotalSeconds, busy, Interlocked.Read(
                    ref messages), Environment.CpuUsage.TotalTime.TotalSeconds);
            Console.WriteLine(JsonSerializer.Serialize(reading));
        }
        // The whole grid of this benchmark ends at once: there is nobody to hand over to.
        Environment.Exit(0);
    }

    /// <summary>Every message that Orleans sends to another process is measured once.</summary>
    public static MeterListener Count(Action sent)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "orleans-messaging-sent-messages-size")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => sent());
        listener.Start();
        return listener;
    }
}
