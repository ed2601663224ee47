namespace VitGrid.LoadTest.Failures;

/// <summary>What the clients saw of one experiment.</summary>
internal sealed record Tally
{
    private Tally()
    {
    }

    /// <summary>Requests sent.</summary>
    public required int Sent { get; init; }

    /// <summary>Answered with the true vector.</summary>
    public required int Answered { get; init; }

    /// <summary>Answered with another vector.</summary>
    public required int Wrong { get; init; }

    /// <summary>How many failed, by status and code; the most frequent first.</summary>
    public required IReadOnlyList<KeyValuePair<string, int>> Faults { get; init; }

    /// <summary>The longest time without a right answer from the fault on.</summary>
    public required TimeSpan LongestGap { get; init; }

    /// <summary>Waiting times of what was sent before the fault.</summary>
    public required Latencies Before { get; init; }

    /// <summary>Waiting times of what was under way at the fault or was sent until the grid was whole again.</summary>
    public required Latencies During { get; init; }

    /// <summary>How many failed.</summary>
    public int Failed => Faults.Sum(fault => fault.Value);

    /// <summary>Sums <paramref name="attempts"/> up.</summary>
    public static Tally From(IReadOnlyCollection<Attempt> attempts, Moments moments) => new()
    {
        Sent = attempts.Count,
        Answered = attempts.Count(attempt => attempt.Outcome == Outcome.Answered),
        Wrong = attempts.Count(attempt => attempt.Outcome == Outcome.Wrong),
        Faults =
        [
            .. attempts.Where(attempt => attempt.Outcome == Outcome.Failed)
                .CountBy(attempt => attempt.Fault ?? "unknown")
                .OrderByDescending(count => count.Value).ThenBy(count => count.Key, StringComparer.Ordinal),
        ],
        LongestGap = Gaps.Longest(attempts, moments.Fault, moments.End),
        Before = Latencies.From(attempts.Where(attempt => attempt.Done <= moments.Fault)),
        During = Latencies.From(attempts.Where(attempt => attempt.Done > moments.Fault && attempt.Due <= (moments.Whole ?? moments.End))),
    };
}

/// <summary>The turning points of an experiment, counted from the beginning of its load.</summary>
/// <param name="Fault">When something was broken.</param>
/// <param name="Whole">When the grid was seen whole again; null when it was not.</param>
/// <param name="End">When the last request was sent.</param>
internal sealed record Moments(TimeSpan Fault, TimeSpan? Whole, TimeSpan End);
