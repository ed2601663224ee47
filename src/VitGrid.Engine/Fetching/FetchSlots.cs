using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Fetching;

/// <summary>How many images are fetched at once, and how many wait for that. Any thread may call.</summary>
internal sealed class FetchSlots(UrlFetchOptions options) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.MaxConcurrent);
    private int _inside;

    /// <exception cref="GridException">Too many wait.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> fetch, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _inside) > options.MaxConcurrent + options.MaxWaiting)
                throw Full();
            await _free.WaitAsync(cancellationToken);
            try
            {
                return await fetch();
            }
            finally
            {
                _free.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    public void Dispose() => _free.Dispose();

    private GridException Full() => new(GridFault.Overloaded,
        $"{options.MaxConcurrent} images are being fetched and {options.MaxWaiting} wait for it (VitGrid:UrlFetch:MaxConcurrent, "
            + $"MaxWaiting); retry later");
}
