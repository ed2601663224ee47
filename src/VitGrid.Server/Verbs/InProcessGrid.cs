using VitGrid.Grains;
using VitGrid.Grains.Options;

namespace VitGrid.Server.Verbs;

/// <summary>The grid in this process, without HTTP.</summary>
internal sealed class InProcessGrid : IAsyncDisposable
{
    private InProcessGrid(Embedder embedder) => Embedder = embedder;

    public Embedder Embedder { get; }

    /// <summary>Starts the grid and waits until every model is ready.</summary>
    /// <exception cref="VerbException">A model could not be loaded.</exception>
    public static Task<InProcessGrid> StartAsync(GridOptions options, bool verbose, CancellationToken cancellation) =>
        throw new NotSupportedException($"{options} {verbose} {cancellation}");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
