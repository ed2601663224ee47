using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Telemetry;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Protocols;

/// <summary>What one host measures; a scrape would show what all hosts of the process do.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Name, KeyValuePair<string, object?>[] Labels)> _seen = new();

    public Measurements(TestApi door)
    {
        Meter own = door.App.Services.GetRequiredService<GridMetrics>().Meter;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == own)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, _, labels, _) => _seen.Enqueue((instrument.Name, labels.ToArray())));
        _listener.SetMeasurementEventCallback<long>((instrument, _, labels, _) => _seen.Enqueue((instrument.Name, labels.ToArray())));
        _listener.Start();
    }

    /// <summary>The values that a label had, one for each measurement.</summary>
    public IReadOnlyList<string?> From(string instrument, string label) =>
        [.. _seen.Where(seen => seen.Name == instrument).Select(seen => seen.Labels.Single(pair => pair.Key == label).Value as string)];

    public void Dispose() => _listener.Dispose();
}
