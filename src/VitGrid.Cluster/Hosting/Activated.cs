using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace VitGrid.Cluster.Hosting;

/// <summary>
/// Keeps a singleton that nobody asks for, since it follows events or answers a meter: it is made with the host's services, before any
/// starts.
/// </summary>
internal sealed class Activated<T>(T service) : IHostedService
{
    /// <summary>What was made.</summary>
    public T Service => service;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Registers such singletons.</summary>
internal static class ActivatedServices
{
    /// <summary>Adds a singleton that is made when the host starts.</summary>
    public static IServiceCollection AddActivated<T>(this IServiceCollection services)
        where T : class => services.AddSingleton<T>().AddHostedService<Activated<T>>();
}
