using System.Diagnostics.Metrics;
using VitGrid.Engine.Telemetry;

namespace VitGrid.Testing;

/// <summary>Meters that nobody reads.</summary>
internal sealed class PlayedMeters : IMeterFactory
{
    public static GridMetrics Metrics() => new(new PlayedMeters());

    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
