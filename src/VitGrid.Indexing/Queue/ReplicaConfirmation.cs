using System.Text.RegularExpressions;
using StackExchange.Redis;
using VitGrid.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>
/// Writes what must outlive the primary: on a connection of its own, of which <c>WAIT</c> then tells that replicas have it. A fail-over
/// takes Redis back to what the promoted replica had; whatever is told to somebody outside Redis, a submitter or a sink, is told after
/// that. A step is confirmed when write, fence and <c>WAIT</c> went over one and the same connection to a primary: <c>WAIT</c> speaks of
/// its own connection's writes, and of one that was made anew meanwhile it would confirm nothing with a yes.
/// </summary>
internal sealed partial class ReplicaConfirmation(ConfigurationOptions settings, string keyPrefix, int replicas) : IAsyncDisposable
{
    /// <summary>Longest time that replicas may take; then the step is repeated.</summary>
    private const int WaitMilliseconds = 1_000;

    /// <summary>
    /// KEYS fence. Written behind each step: one that found its work done, after an answer was lost, has written nothing that
    /// <c>WAIT</c> could speak of, and whoever has the fence has all that was before it.
    /// </summary>
    private const string Fence = Scripts.AllowOom + "return redis.call('SET', KEYS[1], '1', 'PX', 60000)";

    private readonly Lock _gate = new();
    private Task<ConnectionMultiplexer>? _connecting;

    /// <summary>Runs a step and waits until replicas have what it wrote.</summary>
    /// <param name="step">Writes, or finds written, with the database it is given.</param>
    /// <exception cref="TimeoutException">It is not confirmed; the step may be repeated.</exception>
    public async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> step)
    {
        IDatabase redis = (await ConnectAsync()).GetDatabase().Below(keyPrefix);
        string before = await ConnectionOf(redis);
        T result = await step(redis);
        await redis.ScriptEvaluateAsync(Fence, [IndexKeys.Fence], flags: CommandFlags.DemandMaster);
        int confirmed = (int)await redis.ExecuteAsync("WAIT", [replicas, WaitMilliseconds], CommandFlags.DemandMaster);
        if (confirmed < replicas)
        {
            throw new TimeoutException(
                $"{confirmed} of {replicas} replicas (Indexing:ConfirmReplicas) have what was written within {WaitMilliseconds} ms");
        }
        return await ConnectionOf(redis) == before
            ? result : throw new TimeoutException("the connection was made anew before replicas could confirm what was written");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task<ConnectionMultiplexer>? connecting;
        lock (_gate)
            connecting = _connecting;
        if (connecting is { IsCompletedSuccessfully: true })
            await connecting.Result.DisposeAsync();
    }

    /// <summary>One that could not be made, as where no sentinel answers, is tried again.</summary>
    private Task<ConnectionMultiplexer> ConnectAsync()
    {
        lock (_gate)
        {
            if (_connecting is null or { IsFaulted: true } or { IsCanceled: true })
                _connecting = ConnectionMultiplexer.ConnectAsync(settings);
            return _connecting;
        }
    }

    /// <summary>The connection's number at the server, and the ports of both ends.</summary>
    private static async Task<string> ConnectionOf(IDatabase redis)
    {
        string told = (string)(await redis.ExecuteAsync("CLIENT", ["INFO"], CommandFlags.DemandMaster))!;
        return string.Join(' ', Identity().Matches(told).Select(field => field.Value));
    }

    [GeneratedRegex(@"\b(?:id|addr|laddr)=\S+")]
    private static partial Regex Identity();
}
