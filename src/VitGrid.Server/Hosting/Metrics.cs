using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry.Metrics;
using VitGrid.Access.Keys;
using VitGrid.Engine.Telemetry;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api;

namespace VitGrid.Server.Hosting;

/// <summary><c>GET /metrics</c>: what VitGrid, Orleans, ASP.NET Core and .NET itself measure, for Prometheus to fetch.</summary>
internal static class Metrics
{
    private static readonly string[] Meters =
    [
        GridMetrics.MeterName, "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime",
    ];

    public static IServiceCollection AddVitGridMetrics(this IServiceCollection services)
    {
        services.TryAddSingleton<GridMetrics>();
        services.AddSingleton<RequestMetrics>();
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(Meters).AddPrometheusExporter());
        return services;
    }

    public static void MapVitGridMetrics(this IEndpointRouteBuilder routes) => routes
        .MapPrometheusScrapingEndpoint("/metrics").RequireScope(Scopes.Metrics);
}
