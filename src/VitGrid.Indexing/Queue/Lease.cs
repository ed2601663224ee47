using StackExchange.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>
/// The right to do something alone, held in Redis under a token that nobody else has. It ends by itself unless it is renewed, and only its
/// holder frees it.
/// </summary>
/// <param name="connection">The queue's Redis.</param>
/// <param name="key">The right's key.</param>
/// <param name="token">The holder's own text.</param>
/// <param name="length">Time after which it ends unless it was renewed.</param>
/// <param name="time">Tells when to renew it; the system's clock where none is given.</param>
internal sealed class Lease(QueueConnection connection, RedisKey key, string token, TimeSpan length, TimeProvider? time = null)
{
    /// <summary>KEYS lease; ARGV token, milliseconds. Takes or renews it; gives the holder's token.</summary>
    private const string TakeScript = Scripts.AllowOom + """
        local holder = redis.call('GET', KEYS[1])
        if holder and holder ~= ARGV[1] then return holder end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return ARGV[1]
        """;

    private const string ReleaseScript =
        Scripts.AllowOom + "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

    /// <summary>The holder's own text.</summary>
    public string Token => token;

    /// <summary>Takes or renews it; false: somebody else has it.</summary>
    public async Task<bool> TryTakeAsync() => await TakeAsync() == token;

    /// <summary>Takes or renews it; gives the token of whoever has it now.</summary>
    public async Task<string> TakeAsync() => (string)(await connection.RunAsync(TakeScript, [key], token, (long)length.TotalMilliseconds))!;

    /// <summary>Frees it where it is still this holder's.</summary>
    public Task ReleaseAsync() => connection.RunAsync(ReleaseScript, [key], token);

    /// <summary>
    /// Works for as long as it is held: renews it three times as often as needed, and signals the work when somebody else has it.
    /// </summary>
    /// <param name="work">What to do alone; its token is signalled when the lease is lost.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="OperationCanceledException">The lease was lost meanwhile, or the caller gave up.</exception>
    public async Task HoldAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using CancellationTokenSource lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task renewing = RenewAsync(lost);
        try
        {
            await work(lost.Token);
        }
        finally
        {
            await lost.CancelAsync();
            await renewing;
            await ReleaseAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Does not fail. Redis being away for a moment is no loss: the token tells.</summary>
    private async Task RenewAsync(CancellationTokenSource lost)
    {
        using PeriodicTimer renewals = new(length / 3, time ?? TimeProvider.System);
        while (!lost.IsCancellationRequested)
        {
            try
            {
                await renewals.WaitForNextTickAsync(lost.Token);
                if (!await TryTakeAsync())
                    await lost.CancelAsync();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (RedisRetryPolicy.IsAway(exception))
            {
                // Renewed at the next tick, if it is still there then.
            }
        }
    }
}
