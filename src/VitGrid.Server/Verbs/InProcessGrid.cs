using VitGrid.Cluster.Hosting;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Texts;
using VitGrid.Runtime.Images.Isolation;
using VitGrid.Server.Hosting;

namespace VitGrid.Server.Verbs;

/// <summary>The grid in this process, without HTTP.</summary>
internal sealed class InProcessGrid : IAsyncDisposable
{
    private readonly IHost _host;

    private InProcessGrid(IHost host) => _host = host;

    public Embedder Embedder => _host.Services.GetRequiredService<Embedder>();

    /// <summary>Cuts texts into tokens.</summary>
    public TextTokenizers Texts => _host.Services.GetRequiredService<TextTokenizers>();

    /// <summary>The models, loaded.</summary>
    public IReadOnlyList<ModelInfo> Models => _host.Services.GetRequiredService<ModelCatalog>().Models;

    /// <summary>
    /// Starts the grid and waits until every model is ready; <paramref name="quantising"/> is told how far that is where it has to be done.
    /// </summary>
    /// <param name="options">The grid's options.</param>
    /// <param name="decoder">How a process is started that decodes; null decodes in this one.</param>
    /// <param name="verbose">Whether everything is logged.</param>
    /// <param name="quantising">Follows the quantisation.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="VerbException">A model could not be loaded.</exception>
    public static async Task<InProcessGrid> StartAsync(
        GridOptions options, DecodeProgram? decoder, bool verbose, IProgress<double> quantising, CancellationToken cancellationToken)
    {
        OpenFiles.Ensure();
        IHost host = Build(options, decoder, verbose, quantising);
        try
        {
            // A silo that is cancelled while it starts cannot be stopped in order; starting takes no second.
            await host.StartAsync(CancellationToken.None);
        }
        catch
        {
            host.Dispose();
            throw;
        }
        InProcessGrid grid = new(host);
        try
        {
            await grid.WaitForModelsAsync(cancellationToken);
            return grid;
        }
        catch
        {
            await grid.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    private static IHost Build(GridOptions options, DecodeProgram? decoder, bool verbose, IProgress<double> quantising)
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddOneLineConsole();
        if (!verbose)
            QuietOrleans(builder.Logging);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton<IQuantisingObserver>(new SharedProgress(quantising));
        builder.Services.AddDecoder(options.Images, decoder);
        // A run of its own works on no queue, whatever is configured.
        builder.AddVitGrid(options with { Indexing = new() });
        return builder.Build();
    }

    /// <summary>A run that ends tells its failures itself; the silo's own remarks would only stand among them.</summary>
    private static void QuietOrleans(ILoggingBuilder logging) => logging
        .SetMinimumLevel(LogLevel.Warning)
        .AddFilter("Orleans", LogLevel.Critical)
        .AddFilter("Microsoft", LogLevel.Critical)
        .AddFilter("Polly", LogLevel.Critical);

    private async Task WaitForModelsAsync(CancellationToken cancellationToken)
    {
        ModelCatalog catalog = _host.Services.GetRequiredService<ModelCatalog>();
        await catalog.WhenLoadedAsync(cancellationToken);
        if (catalog.Models.FirstOrDefault(model => model.State == ModelState.Failed) is { } failed)
            throw new VerbException($"model {failed.Name} could not be loaded: {failed.Failure}");
    }

    /// <summary>The verb that starts the grid listens to signals, not the host.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>One display for the quantisation of whichever model.</summary>
    private sealed class SharedProgress(IProgress<double> progress) : IQuantisingObserver
    {
        public IProgress<double> Follow(string model) => progress;
    }
}
