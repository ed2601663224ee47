using VitGrid.Cluster.Administration;
using VitGrid.Cluster.Hosting;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Hosting;
using VitGrid.Server.Api;
using VitGrid.Server.Hosting.Options;
using VitGrid.Transport;

namespace VitGrid.Server.Hosting;

/// <summary>Puts the grid behind the front end; the one place where the server meets Orleans.</summary>
internal static class GridWiring
{
    public static void AddGrid(
        this WebApplicationBuilder builder, GridOptions options, GridRole role = GridRole.All, DataPlaneOptions? dataPlane = null)
    {
        if (role == GridRole.Api)
            builder.AddVitGridFrontEnd(options, dataPlane);
        else
            builder.AddVitGrid(options, dataPlane).Services.AddIndexing(
                options.Indexing, provider => provider.GetRequiredService<GridNode>().Describe().Name);
        builder.Services.AddSingleton(services => new GridGateway(
            services.GetRequiredService<Embedder>().EmbedAsync,
            () => services.GetRequiredService<ModelCatalog>().Models,
            options.Devices)
        {
            Foresee = services.GetRequiredService<Embedder>().Foresee,
            CacheFormat = options.Cache.Redis is null ? null : options.Cache.Format,
            Node = services.GetRequiredService<GridNode>().Describe,
            Readiness = ReadinessOf(services.GetRequiredService<GridNode>(), role, options.Cluster.Redis is not null),
        });
    }

    /// <summary>A worker is asked for segments, a front end for answers; a grid of one process is ready when it answers.</summary>
    private static Func<GridReadiness> ReadinessOf(GridNode node, GridRole role, bool clustered) => role switch
    {
        GridRole.Worker => node.Worker,
        GridRole.All when clustered => () => node.Worker().And(node.FrontEnd()),
        _ => node.FrontEnd,
    };
}
