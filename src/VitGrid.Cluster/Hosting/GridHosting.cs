using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Membership;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Transport;

namespace VitGrid.Cluster.Hosting;

/// <summary>Puts the grid into a host.</summary>
public static class GridHosting
{
    /// <summary>
    /// A worker and a front end in this process: a silo with devices. Without <see cref="ClusterOptions.Redis"/> it is the whole grid.
    /// <see cref="Embedder"/> and <see cref="ModelCatalog"/> are then the host's singletons; models load once the host has started.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="options">The grid's options.</param>
    /// <param name="dataPlane">What links between processes may take; null: the defaults.</param>
    /// <exception cref="GridConfigurationException">Any option is out of range; all faults are listed.</exception>
    public static IHostApplicationBuilder AddVitGrid(
        this IHostApplicationBuilder builder, GridOptions options, DataPlaneOptions? dataPlane = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddVitGrid(options, dataPlane);
        return builder.UseOrleans(silo => silo.UseVitGridSilo(options));
    }

    /// <summary>A front end without devices: a client of the grid's silos, which computes nothing itself.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="options">The grid's options.</param>
    /// <param name="dataPlane">What links between processes may take; null: the defaults.</param>
    /// <exception cref="GridConfigurationException">Any option is out of range; all faults are listed.</exception>
    public static IHostApplicationBuilder AddVitGridFrontEnd(
        this IHostApplicationBuilder builder, GridOptions options, DataPlaneOptions? dataPlane = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGridBase(options, dataPlane)
            .AddSingleton(_ => new LocalNode($"front-end-{Guid.NewGuid():n}", isWorker: false))
            .AddFrontEnd(options)
            .AddDataPlane()
            .AddHostedService(provider => provider.GetRequiredService<HeadLinks>());
        return builder.UseOrleansClient(client => client.UseVitGridClient(options));
    }

    /// <summary>
    /// The services of <see cref="AddVitGrid(IHostApplicationBuilder, GridOptions, DataPlaneOptions)"/>, for a host whose silo is set up
    /// elsewhere.
    /// </summary>
    /// <param name="services">The host.</param>
    /// <param name="options">The grid's options.</param>
    /// <param name="dataPlane">What links between processes may take; null: the defaults.</param>
    /// <exception cref="GridConfigurationException">Any option is out of range; all faults are listed.</exception>
    public static IServiceCollection AddVitGrid(this IServiceCollection services, GridOptions options, DataPlaneOptions? dataPlane = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        BoundedStop.Wrap(services);
        services.AddGridBase(options, dataPlane)
            .AddSingleton(provider => new LocalNode(provider.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString()))
            .AddWorker()
            .AddFrontEnd(options);
        if (options.Cluster.IsClustered)
            services.AddDataPlane().AddClusteredWorker();
        return services;
    }
}
