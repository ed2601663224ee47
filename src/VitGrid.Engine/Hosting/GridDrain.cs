using Microsoft.Extensions.Logging;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Options;

namespace VitGrid.Engine.Hosting;

/// <summary>Drains the grid before any service of the host stops, while the silo and the HTTP server still answer.</summary>
public sealed partial class GridDrain(GridOptions options, Embedder embedder, Admission admission, ILogger<GridDrain> logger)
    : LifecycleService
{
    /// <inheritdoc/>
    public override async Task StoppingAsync(CancellationToken cancellationToken)
    {
        LogDraining();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Shutdown.DrainMilliseconds);
        try
        {
            await embedder.DrainAsync(limit.Token);
            LogDrained();
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            LogAbandoned(admission.Held.Images, options.Shutdown.DrainMilliseconds);
        }
    }

    [LoggerMessage(4001, LogLevel.Information, "Draining: new requests are refused, accepted ones finish")]
    private partial void LogDraining();

    [LoggerMessage(4002, LogLevel.Information, "Drained: every accepted request is answered")]
    private partial void LogDrained();

    [LoggerMessage(4003, LogLevel.Warning,
        "{Images} accepted images were not finished within {Limit} ms (Shutdown:DrainMilliseconds) and are given up")]
    private partial void LogAbandoned(int images, int limit);
}
