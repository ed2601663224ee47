using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using VitGrid.Engine.Telemetry;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Hosting;

/// <summary>
/// Sends spans and measurements to a collector over OTLP where OpenTelemetry's own environment variables name one; else nothing leaves the
/// process. Sampler, names, intervals and limits are read by the SDK, see docs/operations.md.
/// </summary>
internal static class OtlpExport
{
    /// <exception cref="OptionsException">A variable is no URL or no protocol.</exception>
    public static IServiceCollection AddOtlpExport(this IServiceCollection services, IConfiguration environment)
    {
        OtlpSignal traces = new(environment, "TRACES"), metrics = new(environment, "METRICS");
        OtlpSignal[] wanted = [.. new[] { traces, metrics }.Where(signal => signal.IsWanted)];
        if (wanted is [])
            return services;
        if (wanted.SelectMany(signal => signal.Faults()).Distinct().ToArray() is { Length: > 0 } faults)
            throw new OptionsException(faults);
        OpenTelemetryBuilder telemetry = services.AddOpenTelemetry().ConfigureResource(Describe);
        if (traces.IsWanted)
        {
            telemetry.WithTracing(tracing => tracing
                .AddSource(GridTraces.SourceName)
                .AddAspNetCoreInstrumentation(requests => requests.Filter = IsTraced)
                .AddOtlpExporter(traces.Apply));
        }
        if (metrics.IsWanted)
            telemetry.WithMetrics(metering => metering.AddOtlpExporter(metrics.Apply));
        return services;
    }

    private static void Describe(ResourceBuilder resource)
    {
        string? version = typeof(OtlpExport).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        // What the environment says comes last, so that it prevails.
        resource.Clear().AddService("vitgrid", serviceVersion: version).AddTelemetrySdk().AddEnvironmentVariableDetector();
    }

    /// <summary>Probes and scrapes come every few seconds and say nothing of images.</summary>
    private static bool IsTraced(HttpContext context) =>
        !context.Request.Path.StartsWithSegments("/health") && !context.Request.Path.StartsWithSegments("/metrics");
}
