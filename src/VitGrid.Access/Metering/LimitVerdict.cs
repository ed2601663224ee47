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
        Window[] windows = [.. WindowsOf(limits, counted, asked).Where(window => window.Limit > 0)];
        LimitState? refusing = limits.ImagesUnderWay > 0 && counted.UnderWay > limits.ImagesUnderWay
            ? new("images", "under way", limits.ImagesUnderWay, 0, TimeSpan.FromSeconds(1))
            : windows.Where(window => window.IsPassed).OrderByDescending(window => window.Left)
                .Select(window => (LimitState?)window.State(isCounted: false)).FirstOrDefault();
        IEnumerable<LimitState> states = windows.Select(window => window.State(refusing is null));
        return new([.. states.GroupBy(state => state.What).Select(kind => kind.MinBy(state => state.Remaining))], refusing);
    }

    private static Window[] WindowsOf(KeyLimits limits, Counted counted, Usage asked)
    {
        TimeSpan minute = TimeSpan.FromSeconds(Minute - (counted.Seconds % Minute));
        TimeSpan day = TimeSpan.FromSeconds(Day - (counted.Seconds % Day));
        return
        [
            new("requests", "a minute", limits.RequestsPerMinute, counted.Minute.Requests, asked.Requests, minute),
            new("images", "a minute", limits.ImagesPerMinute, counted.Minute.Images, asked.Images, minute),
            new("bytes", "a minute", limits.BytesPerMinute, counted.Minute.Bytes, asked.Bytes, minute),
            new("requests", "a day", limits.RequestsPerDay, counted.Day.Requests, asked.Requests, day),
            new("images", "a day", limits.ImagesPerDay, counted.Day.Images, asked.Images, day),
            new("bytes", "a day", limits.BytesPerDay, counted.Day.Bytes, asked.Bytes, day),
        ];
    }

    /// <summary>A limit in its present window, of which <paramref name="Left"/> is left.</summary>
    private readonly record struct Window(string What, string Per, long Limit, long Used, long Asked, TimeSpan Left)
    {
        public bool IsPassed => Asked > 0 && Used + Asked > Limit;

        public LimitState State(bool isCounted) => new(What, Per, Limit, Math.Max(0, Limit - Used - (isCounted ? Asked : 0)), Left);
    }
}
