using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Membership;

/// <summary>
/// Ends the silo in order for as long as its limit allows, and then anyhow. By then every accepted image is answered and every stage
/// handed over; what is left, above all the directory's ranges, others take over also without this silo's help. Orleans alone waits for
/// them as long as the host lets it, which is the time of two drains: without the membership's Redis nobody can take them.
/// </summary>
internal sealed partial class BoundedStop(IHostedService silo, TimeProvider time, ILogger<BoundedStop> logger) : IHostedService
{
    /// <summary>Longest time for the silo's own part of the stop.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    private const string SiloService = "SiloHostedService";

    /// <summary>
    /// Puts itself in the place of Orleans' own service, where that is registered and not replaced yet; the order of the host's
    /// services stays.
    /// </summary>
    public static void Wrap(IServiceCollection services)
    {
        for (int i = 0; i < services.Count; i++)
        {
            if (services[i] is not { IsKeyedService: false, ImplementationType: { Name: SiloService } type })
                continue;
            services[i] = ServiceDescriptor.Singleton<IHostedService>(provider => new BoundedStop(
                (IHostedService)ActivatorUtilities.CreateInstance(provider, type),
                provider.GetRequiredKeyedService<TimeProvider>(GridClock.Key),
                provider.GetRequiredService<ILogger<BoundedStop>>()));
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => silo.StartAsync(cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(Limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await using CancellationTokenRegistration told = limit.Token.Register(() => LogCut(Limit.TotalSeconds));
        await silo.StopAsync(either.Token);
    }

    [LoggerMessage(5041, LogLevel.Warning,
        "The silo did not end in order within {Limit} s, as when its neighbours or the membership's Redis are away; it ends without them")]
    private partial void LogCut(double limit);
}
