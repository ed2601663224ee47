using VitGrid.Access.Keys;

namespace VitGrid.Access.Metering;

/// <summary>How a limit stands.</summary>
/// <param name="What"><c>requests</c>, <c>images</c>, <c>bytes</c>.</param>
/// <param name="Per"><c>a minute</c>, <c>a day</c>, <c>under way</c>.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Remaining">What is left of it, at least 0.</param>
/// <param name="Reset">When all of it is there again.</param>
public readonly record struct LimitState(string What, string Per, long Limit, long Remaining, TimeSpan Reset);

/// <summary>What limits say of a request.</summary>
/// <param name="States">The limit of each kind that has the least left; empty without limits.</param>
/// <param name="Refusing">The limit that would be passed; null: none.</param>
public sealed record LimitVerdict(IReadOnlyList<LimitState> States, LimitState? Refusing)
{
    private const int Minute = 60;
    private const int Day = 86_400;

    /// <summary>Of a caller without limits.</summary>
    public static LimitVerdict Unlimited { get; } = new([], null);

    /// <summary>Judges what is asked for beside what was counted. Pure; nothing of a refused request counts.</summary>
    /// <param name="limits">The caller's limits.</param>
    /// <param name="counted">Before this request, but for the images under way.</param>
    /// <param name="asked">What it asks for.</param>
    public static LimitVerdict From(KeyLimits limits, Counted counted, Usage asked)
    {
        ArgumentNullException.ThrowIfNull(limits);
        TimeSpan minute = TimeSpan.FromSeconds(Minute - (counted.Seconds % Minute)), day = TimeSpan.FromSeconds(Day - (counted.Seconds % Day));
        (LimitState State, long Asked)[] all =
        [
            (new("requests", "a minute", limits.RequestsPerMinute, counted.Minute.Requests, minute), asked.Requests),
            (new("images", "a minute", limits.ImagesPerMinute, counted.Minute.Images, minute), asked.Images),
            (new("bytes", "a minute", limits.BytesPerMinute, counted.Minute.Bytes, minute), asked.Bytes),
            (new("requests", "a day", limits.RequestsPerDay, counted.Day.Requests, day), asked.Requests),
            (new("images", "a day", limits.ImagesPerDay, counted.Day.Images, day), asked.Images),
            (new("bytes", "a day", limits.BytesPerDay, counted.Day.Bytes, day), asked.Bytes),
        ];
        (LimitState State, long Asked)[] set = [.. all.Where(limit => limit.State.Limit > 0)];
        bool isFull = limits.ImagesUnderWay > 0 && counted.UnderWay > limits.ImagesUnderWay;
        LimitState? refusing = isFull
            ? new("images", "under way", limits.ImagesUnderWay, 0, TimeSpan.FromSeconds(1))
            : set.Where(limit => limit.Asked > 0 && limit.State.Remaining + limit.Asked > limit.State.Limit)
                .OrderByDescending(limit => limit.State.Reset).Select(limit => (LimitState?)limit.State).FirstOrDefault();
        IEnumerable<LimitState> after = set.Select(limit => limit.State with
        {
            Remaining = Math.Max(0, limit.State.Limit - limit.State.Remaining - (refusing is null ? limit.Asked : 0)),
        });
        return new([.. after.GroupBy(state => state.What).Select(kind => kind.MinBy(state => state.Remaining))], refusing);
    }
}
