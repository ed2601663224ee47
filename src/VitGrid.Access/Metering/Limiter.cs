using Microsoft.Extensions.Logging;
using VitGrid.Access.Connections;
using VitGrid.Access.Keys;

namespace VitGrid.Access.Metering;

/// <summary>
/// Holds callers to their limits: over all front ends through Redis, in this process alone without it or while it is away. Any thread may
/// call.
/// </summary>
/// <param name="local">What this process counts.</param>
/// <param name="shared">What all count; null: there is no Redis.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of a Redis that is away.</param>
public sealed partial class Limiter(LocalCounters local, SharedCounters? shared, TimeProvider time, ILogger<Limiter> log)
{
    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _awaySince;
    private bool _isAway;

    /// <summary>Whether limits hold over all front ends.</summary>
    public bool IsShared => shared is not null;

    /// <summary>Counts what a request uses.</summary>
    /// <returns>What the limits say; refused, it counts nothing.</returns>
    public ValueTask<LimitVerdict> CountAsync(string id, KeyLimits limits, Usage asked)
    {
        if (limits == KeyLimits.None)
            return ValueTask.FromResult(LimitVerdict.Unlimited);
        return shared is null || IsAway() ? ValueTask.FromResult(local.Count(id, limits, asked, 0)) : SharedAsync(id, limits, asked, 0);
    }

    /// <summary>
    /// Counts images that are computed whenever there is time: against the day's limit alone, and in no minute.
    /// </summary>
    /// <param name="id">Whose they are.</param>
    /// <param name="perDay">Its images in a day; 0: any number.</param>
    /// <param name="images">How many.</param>
    /// <returns>What the limit says; refused, it counts nothing.</returns>
    public ValueTask<LimitVerdict> CountLaterAsync(string id, long perDay, long images)
    {
        if (perDay == 0)
            return ValueTask.FromResult(LimitVerdict.Unlimited);
        KeyLimits limits = new() { ImagesPerDay = perDay };
        Usage asked = new(0, images, 0) { IsLater = true };
        return shared is null || IsAway() ? ValueTask.FromResult(local.Count(id, limits, asked, 0)) : SharedAsync(id, limits, asked, 0);
    }

    /// <summary>Counts what was used already, and refuses nothing.</summary>
    public async ValueTask NoteAsync(string id, KeyLimits limits, Usage used)
    {
        if (limits == KeyLimits.None)
            return;
        if (shared is null || IsAway())
            local.Note(id, used);
        else
            await SharedAsync(id, KeyLimits.None, used, 0).ConfigureAwait(false);
    }

    /// <summary>Counts images and, unless they are refused, has them under way until <see cref="Leave"/>.</summary>
    public async ValueTask<LimitVerdict> EnterAsync(string id, KeyLimits limits, long images)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (limits == KeyLimits.None)
            return LimitVerdict.Unlimited;
        long mine = 0;
        local.Move(id, images, underWay => mine = underWay);
        Usage asked = new(0, images, 0);
        LimitVerdict verdict = shared is null || IsAway()
            ? local.Count(id, limits, asked, mine)
            : await SharedAsync(id, limits, asked, mine).ConfigureAwait(false);
        if (verdict.Refusing is not null)
            Leave(id, limits, images);
        return verdict;
    }

    /// <summary>Images that were let in are answered.</summary>
    public void Leave(string id, KeyLimits limits, long images)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (limits == KeyLimits.None)
            return;
        local.Move(id, -images, underWay =>
        {
            // In the order in which they change: the last word is the last number.
            if (shared is not null && limits.ImagesUnderWay > 0 && !IsAway())
                _ = TellAsync(id, underWay);
        });
    }

    /// <summary>Tells Redis again what is under way, which it forgets of a process that is silent.</summary>
    public async Task RenewAsync()
    {
        if (shared is null || IsAway())
            return;
        foreach ((string id, long images) in local.UnderWay)
            await TellAsync(id, images).ConfigureAwait(false);
    }

    private async Task TellAsync(string id, long underWay)
    {
        try
        {
            await shared!.TellAsync(id, underWay).ConfigureAwait(false);
        }
        catch (Exception exception) when (AccessRedis.IsOutage(exception))
        {
            GoAlone(exception);
        }
    }

    private async ValueTask<LimitVerdict> SharedAsync(string id, KeyLimits limits, Usage asked, long underWay)
    {
        try
        {
            LimitVerdict verdict = await shared!.CountAsync(id, limits, asked, underWay).ConfigureAwait(false);
            if (verdict.Refusing is null)
                local.Note(id, asked);
            ComeBack();
            return verdict;
        }
        catch (Exception exception) when (AccessRedis.IsOutage(exception))
        {
            GoAlone(exception);
            return local.Count(id, limits, asked, underWay);
        }
    }

    private bool IsAway()
    {
        lock (_lock)
            return _isAway && time.GetElapsedTime(_awaySince) < OutagePause;
    }

    private void GoAlone(Exception exception)
    {
        lock (_lock)
        {
            if (!_isAway)
                LogAlone(exception.GetType().Name);
            (_isAway, _awaySince) = (true, time.GetTimestamp());
        }
    }

    private void ComeBack()
    {
        lock (_lock)
        {
            if (_isAway)
                LogTogether();
            _isAway = false;
        }
    }

    [LoggerMessage(8011, LogLevel.Warning,
        "The Redis of limits (VitGrid:Auth:Redis) does not answer ({Reason}); this process counts alone until it does")]
    private partial void LogAlone(string reason);

    [LoggerMessage(8012, LogLevel.Information, "The Redis of limits answers; limits hold over all front ends again")]
    private partial void LogTogether();
}
