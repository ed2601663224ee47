using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Membership;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Hosting;

/// <summary>Puts the grid into a host.</summary>
public static class GridHosting
{
    /// <summary>
    /// A worker and a front end in this process: a silo with devices. Without <see cref="ClusterOptions.Redis"/> it is the whole grid.
    /// <see cref="Embedder"/> and <see cref="ModelCatalog"/> are then the host's singletons; models load once the host has started.
    /// </summary>
    /// <exception cref="GridConfigurationException">Any option is out of range; all faults are listed.</exception>
    public static IHostApplicationBuilder AddVitGrid(this IHostApplicationBuilder builder, GridOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddVitGrid(options);
        return builder.UseOrleans(silo => silo.UseVitGridSilo(options));
    }

    /// <summary>A front end without devices: a client of the grid's silos, which computes nothing itself.</summary>
    /// <exception cref="GridConfigurationException">Any option is out of range; all faults are listed.</exception>
    public static IHostApplicationBuilder AddVitGridFrontEnd(this IHostApplicationBuilder builder, GridOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGridBase(options)
            .AddSingleton(_ => new LocalNode($"front-end-{Guid.NewGuid():n}"))
            .AddFrontEnd(options)
            .AddDataPlane();
        return builder.UseOrleansClient(client => client.UseVitGridClient(options));
    }

    /// <summary>
    /// The services of <see cref="AddVitGrid(IHostApplicationBuilder, GridOptions)"/>, for a host whose silo is set up elsewhere.
    /// </summary>
    /// <exception cref="GridConfigurationException">Any option is out of range; all faults are listed.</exception>
    public static IServiceCollection AddVitGrid(this IServiceCollection services, GridOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        BoundedStop.Wrap(services);
        services.AddGridBase(options)
            .AddSingleton(provider => new LocalNode(provider.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString()))
            .AddWorker()
            .AddFrontEnd(options);
        if (options.Cluster.IsClustered)
            services.AddDataPlane().AddClusteredWorker();
        return services;
    }
}
