using VitGrid.Grains;
using VitGrid.Grains.Hosting;
using VitGrid.Grains.Options;
using VitGrid.Server.Api;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Hosting;

/// <summary>Puts the grid behind the door; the one place where the server meets Orleans.</summary>
internal static class GridWiring
{
    public static void AddGrid(this WebApplicationBuilder builder, GridOptions options, GridRole role = GridRole.All)
    {
        if (role == GridRole.Api)
            builder.AddVitGridFrontEnd(options);
        else
            builder.AddVitGrid(options);
        builder.Services.AddSingleton(services => new GridDoor(
            services.GetRequiredService<Embedder>().EmbedAsync,
            () => services.GetRequiredService<ModelCatalog>().Models,
            options.Devices));
    }
}
