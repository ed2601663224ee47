using VitGrid.Engine.Errors;
using VitGrid.Engine.Options;
using VitGrid.Indexing;
using VitGrid.Indexing.Administration;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>The queue's job service, opened by whoever needs it first.</summary>
/// <param name="options">Where the queue is.</param>
/// <param name="grid">Name under which this grid owns it.</param>
/// <param name="log">Called with a Redis that is away.</param>
internal sealed class QueueGateway(IndexingOptions options, string grid, ILogger<QueueGateway> log) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private IndexJobService? _service;

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
    public async Task<IndexJobService> ServiceAsync()
    {
        Demand();
        await _gate.WaitAsync();
        try
        {
            _service ??= await IndexJobService.OpenAsync(options, log);
            await _service.ClaimAsync(grid);
            return _service;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is { } service)
            await service.DisposeAsync();
        _gate.Dispose();
    }
}
