using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Client;
using VitGrid.Server.InProcess;

namespace VitGrid.Hosting;

/// <summary>Runs the whole grid inside a program of one's own.</summary>
public static class VitGridHosting
{
    /// <summary>
    /// Adds the grid, which starts and stops with the program: models, devices, batching, cache and, where configured, the other processes
    /// of a cluster. A <see cref="VitGridClient"/> and two generators of Microsoft.Extensions.AI, of images and of texts, ask it without a
    /// network; <see cref="MapVitGrid"/> lets others ask it over HTTP.
    /// </summary>
    /// <param name="builder">The program. Its section <c>VitGrid</c> holds the settings that the server has, too.</param>
    /// <param name="models">Names or folders of models; none: those of the configuration, else the bundled ones.</param>
    public static IHostApplicationBuilder AddVitGrid(this IHostApplicationBuilder builder, params IReadOnlyList<string> models)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(models);
        builder.Services
            .AddSingleton(provider => HostedGrid.Create(
                provider.GetRequiredService<IConfiguration>(), models.Count == 0 ? null : models,
                provider.GetRequiredService<ILoggerFactory>()))
            .AddHostedService<GridService>();
        // Within a process no connection fails, and what the grid refuses it refuses to its own program.
        builder.Services
            .AddVitGridClient(options => options.Endpoint = new("http://localhost/"))
            .ConfigurePrimaryHttpMessageHandler(provider => provider.GetRequiredService<HostedGrid>().CreateHandler());
        return builder;
    }

    /// <summary>
    /// Serves the grid's API beside the program's own endpoints, which go before it: OpenAI's, KServe's over HTTP and Cohere's protocol,
    /// health, metrics. Keys, limits and errors are those of the server.
    /// </summary>
    /// <param name="routes">The program's routes.</param>
    /// <param name="prefix">
    /// Where the API begins, e.g. <c>/embeddings</c>; empty: at the root, and what is mapped nowhere goes to the grid.
    /// </param>
    /// <returns>The endpoint, for the program's own conventions, such as authorisation.</returns>
    /// <exception cref="InvalidOperationException">The program has no grid.</exception>
    public static IEndpointConventionBuilder MapVitGrid(this IEndpointRouteBuilder routes, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(prefix);
        PathString root = new(prefix.TrimEnd('/'));
        HostedGrid grid = routes.ServiceProvider.GetService<HostedGrid>()
            ?? throw new InvalidOperationException("the program has no grid; add it with builder.AddVitGrid()");
        return routes.Map($"{root}/{{**vitgrid}}", context => HandleAsync(grid, context, root));
    }

    /// <summary>The grid sees its own paths, as behind any other server with a path base.</summary>
    private static async Task HandleAsync(HostedGrid grid, HttpContext context, PathString root)
    {
        (PathString pathBase, PathString path) = (context.Request.PathBase, context.Request.Path);
        if (!path.StartsWithSegments(root, out PathString matched, out PathString rest))
            (matched, rest) = (default, path);
        (context.Request.PathBase, context.Request.Path) = (pathBase.Add(matched), rest.HasValue ? rest : "/");
        try
        {
            await grid.HandleAsync(context);
        }
        finally
        {
            (context.Request.PathBase, context.Request.Path) = (pathBase, path);
        }
    }

    /// <summary>Starts the grid before the program takes requests, and stops it when they have been answered.</summary>
    private sealed class GridService(HostedGrid grid) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => grid.StartAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => grid.StopAsync();
    }
}
