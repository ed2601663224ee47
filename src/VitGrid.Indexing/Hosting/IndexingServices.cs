using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Texts;
using VitGrid.Engine.Timing;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Targets;
using VitGrid.Indexing.Work;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Indexing.Hosting;

/// <summary>
/// The indexing queue's worker, where a queue is configured. Registered last, it is the first to stop: what it has begun still finds the
/// grid at work.
/// </summary>
public static class IndexingServices
{
    /// <summary>Adds the worker where <paramref name="options"/> name a queue.</summary>
    /// <param name="services">The host's; the engine's are among them.</param>
    /// <param name="options">The queue.</param>
    /// <param name="nodeName">Name of this process in the grid, asked when the host has started.</param>
    public static IServiceCollection AddIndexing(
        this IServiceCollection services, IndexingOptions options, Func<IServiceProvider, string> nodeName) =>
            !options.IsOn ? services : services
        .AddItemThumbnails(options)
        .AddSingleton<IndexMetrics>()
        .AddHostedService(provider => new IndexWorker(
            options,
            GridOf(provider, options),
            provider.GetRequiredService<IndexMetrics>(),
            () => NameOf(nodeName(provider)),
            provider.GetRequiredService<ILoggerFactory>()));

    /// <summary>
    /// Adds small images of items to a process that has an engine's front end: a worker, or one that only shows what there is, under the
    /// same bounds, which are its own.
    /// </summary>
    /// <param name="services">The host's; the engine's are among them.</param>
    /// <param name="options">What this process may read.</param>
    public static IServiceCollection AddItemThumbnails(this IServiceCollection services, IndexingOptions options) => services
        .AddUrlFetch()
        .AddSingleton(provider => new ItemThumbnails(FetchOf(provider, options), provider.GetRequiredService<IImageDecoder>()));

    private static IServiceCollection AddUrlFetch(this IServiceCollection services)
    {
        // The front end's, where there is one: both keep to the same bounds.
        services.TryAddSingleton(provider => new UrlFetcher(
            provider.GetRequiredService<GridOptions>().UrlFetch, provider.GetRequiredService<GridOptions>().Images.MaxFileBytes,
            provider.GetRequiredKeyedService<TimeProvider>(GridClock.Key)));
        return services;
    }

    private static IndexedGrid GridOf(IServiceProvider provider, IndexingOptions options)
    {
        GridOptions grid = provider.GetRequiredService<GridOptions>();
        ModelCatalog catalog = provider.GetRequiredService<ModelCatalog>();
        SinkFactory sinks = new(options);
        return new()
        {
            Name = QueueOwner.NameFrom(grid.Cluster),
            IsAlone = QueueOwner.IsAlone(grid.Cluster),
            Embed = provider.GetRequiredService<Embedder>().EmbedAsync,
            Tokenize = provider.GetRequiredService<TextTokenizers>().TokenizeAsync,
            FindModel = catalog.Find,
            IsLoading = () => catalog.Models.All(model => model.State == ModelState.Loading),
            ProfileKey = (model, settings) => grid.Profile(model, settings.Preprocess, settings.Exif).Key,
            Features = grid.Features,
            Fetch = FetchOf(provider, options),
            CreateSink = sinks.Create,
            // What is not done then is done by another worker; handing over and draining still come.
            Drain = TimeSpan.FromMilliseconds(grid.Shutdown.DrainMilliseconds / 6),
        };
    }

    private static ImageFetch FetchOf(IServiceProvider provider, IndexingOptions options) =>
        new(options, provider.GetRequiredService<GridOptions>().Images.Limits, provider.GetRequiredService<UrlFetcher>());

    /// <summary>A silo's name as it may stand in a file's.</summary>
    private static string NameOf(string node) =>
        string.Concat(node.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter == '.' ? letter : '-'));
}
