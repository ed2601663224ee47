using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Cluster.Administration;
using VitGrid.Page.Calls;
using VitGrid.Page.Circuits;
using VitGrid.Page.Grid;

namespace VitGrid.Page;

/// <summary>Registers the page.</summary>
public static class PageServices
{
    private static readonly TimeSpan Retained = TimeSpan.FromSeconds(20);

    /// <summary>Adds the page; a <see cref="PageServer"/> must be there too.</summary>
    /// <param name="services">The host.</param>
    /// <param name="circuits">Pages that may be open at once.</param>
    public static IServiceCollection AddVitGridPage(this IServiceCollection services, int circuits)
    {
        services.AddRazorComponents().AddInteractiveServerComponents(options =>
        {
            // A page that lost its connection comes back within seconds, or is opened anew.
            options.DisconnectedCircuitRetentionPeriod = Retained;
            options.DisconnectedCircuitMaxRetained = circuits;
        });
        // What a page holds is sealed for as long as this process lives; nothing of it is written to disk.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        return services
            .AddSingleton(new CircuitCount(circuits))
            .AddSingleton<PageMemory>()
            .AddScoped<CircuitMemory>()
            .AddScoped<CircuitHandler, CircuitCounter>()
            .AddScoped<PageClient>()
            .AddSingleton<GridFeed>()
            .AddHostedService(provider => new GridWatch(
                provider.GetRequiredService<GridFeed>(), provider.GetRequiredService<Engine.Telemetry.GridMetrics>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<Microsoft.Extensions.Logging.ILogger<GridWatch>>(), provider.GetService<GridView>(),
                provider.GetService<Engine.FrontEnd.Backlog>()));
    }
}
