using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Telemetry;

namespace VitGrid.Cluster.Caching.Recalls;

/// <summary>
/// Hears from the table which devices were found to compute wrong, and since when: what they computed goes out of this process's memory at
/// once, and out of Redis by <see cref="RecallSweep"/>.
/// </summary>
internal sealed partial class RecallFeed
{
    private readonly VectorRecalls _recalls;
    private readonly MemoryEmbeddingCache _memory;
    private readonly RecallSweep? _sweep;
    private readonly GridMetrics _metrics;
    private readonly ILogger<RecallFeed> _logger;

    /// <param name="table">Where recalls come from.</param>
    /// <param name="recalls">Who asks before a vector is kept or answered.</param>
    /// <param name="memory">This process's level.</param>
    /// <param name="metrics">Counts what is removed.</param>
    /// <param name="logger">Says what was removed.</param>
    /// <param name="sweep">The level in Redis; null: there is none.</param>
    public RecallFeed(TableStore table, VectorRecalls recalls, MemoryEmbeddingCache memory, GridMetrics metrics,
        ILogger<RecallFeed> logger, RecallSweep? sweep = null)
    {
        (_recalls, _memory, _metrics, _logger, _sweep) = (recalls, memory, metrics, logger, sweep);
        table.Changed += newer =>
        {
            foreach (RecallRow row in newer.RecallRows)
                Take(row.ToRecall());
        };
    }

    private void Take(VectorRecall recall)
    {
        // Known first, removed second: what is being stored in this moment is asked about after it was.
        if (!_recalls.Add(recall))
            return;
        LogRecall(recall.Device, recall.Since, recall.Until);
        foreach ((string revision, int count) in _memory.Remove(recall))
        {
            _metrics.Recalled("memory", count);
            LogRemoved(count, revision, recall.Device, recall.Since, recall.Until);
        }
        _sweep?.Add(recall);
    }

    [LoggerMessage(5221, LogLevel.Warning, "Device {Device} was found to compute wrong: vectors that it computed between {Since:O} and "
        + "{Until:O} are not answered any more, and are removed from the cache")]
    private partial void LogRecall(string device, DateTimeOffset since, DateTimeOffset until);

    [LoggerMessage(5222, LogLevel.Warning,
        "{Count} vectors of weights {Fingerprint}, computed by {Device} between {Since:O} and {Until:O}, are removed from memory")]
    private partial void LogRemoved(int count, string fingerprint, string device, DateTimeOffset since, DateTimeOffset until);
}
