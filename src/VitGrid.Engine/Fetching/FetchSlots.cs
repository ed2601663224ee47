using System.Threading.RateLimiting;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Fetching;

/// <summary>How many images are fetched at once, and how many wait for that. Any thread may call.</summary>
internal sealed class FetchSlots(UrlFetchOptions options) : IDisposable
{
    private readonly ConcurrencyLimiter _limiter = new(new()
    {
        PermitLimit = options.MaxConcurrent,
        QueueLimit = options.MaxWaiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <exception cref="GridException">Too many wait.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> fetch, CancellationToken cancellationToken)
    {
        using RateLimitLease slot = await _limiter.AcquireAsync(cancellationToken: cancellationToken);
        return slot.IsAcquired ? await fetch() : throw Full();
    }

    public void Dispose() => _limiter.Dispose();

    private GridException Full() => new(GridFault.Overloaded,
        $"{options.MaxConcurrent} images are being fetched and {options.MaxWaiting} wait for it (VitGrid:UrlFetch:MaxConcurrent, "
            + $"MaxWaiting); retry later");
}
