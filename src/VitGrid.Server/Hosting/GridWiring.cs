using VitGrid.Grains;
using VitGrid.Grains.Hosting;
using VitGrid.Grains.Options;
using VitGrid.Server.Api;

namespace VitGrid.Server.Hosting;

/// <summary>Puts the grid behind the door; the one place where the server meets Orleans.</summary>
internal static class GridWiring
{
    public static void AddGrid(this WebApplicationBuilder builder, GridOptions options)
    {
        builder.AddVitGrid(options);
        builder.Services.AddSingleton(services => new GridDoor(
            services.GetRequiredService<Embedder>().EmbedAsync,
            () => services.GetRequiredService<ModelCatalog>().Models,
            options.Devices));
    }
}
