using VitGrid.Engine.Errors;
using VitGrid.Engine.Options;
using VitGrid.Indexing;
using VitGrid.Indexing.Administration;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>The queue's desk, opened by whoever needs it first.</summary>
/// <param name="options">Where the queue is.</param>
/// <param name="grid">Name under which this grid owns it.</param>
/// <param name="log">Told of a Redis that is away.</param>
internal sealed class QueueDoor(IndexingOptions options, string grid, ILogger<QueueDoor> log) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private IndexDesk? _desk;

    /// <exception cref="ApiException">No queue is configured.</exception>
    public void Demand()
    {
        if (options.Redis is null)
        {
            throw new ApiException(ApiCode.IndexingOff,
                "files and batches are run by the indexing queue, which is not configured: set VitGrid:Indexing:Redis (serve --queue-redis "
                    + "HOST:PORT) on every front end and worker");
        }
    }

    /// <exception cref="ApiException">No queue is configured.</exception>
    /// <exception cref="IndexException">Its Redis does not answer, or another grid works on the queue.</exception>
    public async Task<IndexDesk> DeskAsync()
    {
        Demand();
        await _gate.WaitAsync();
        try
        {
            _desk ??= await IndexDesk.OpenAsync(options.Redis!, log, options.KeyPrefix);
            await _desk.ClaimAsync(grid);
            return _desk;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_desk is { } desk)
            await desk.DisposeAsync();
        _gate.Dispose();
    }
}
