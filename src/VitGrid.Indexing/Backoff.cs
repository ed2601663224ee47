namespace VitGrid.Indexing;

/// <summary>
/// How long to wait before the next try: twice as long each time, up to a limit, and never at the same moment as everybody else.
/// </summary>
internal sealed record Backoff(TimeSpan First, TimeSpan Longest)
{
    /// <summary>The pause after <paramref name="attempt"/> tries (1, 2, …): between half of the full pause and all of it.</summary>
    /// <param name="attempt">How many tries there were.</param>
    /// <param name="chance">0–1.</param>
    public TimeSpan After(int attempt, double chance) => Full(attempt) * (0.5 + (chance / 2));

    /// <summary>As above, with random jitter.</summary>
    public TimeSpan After(int attempt) => After(attempt, Random.Shared.NextDouble());

    /// <summary>As above, but not before <paramref name="asked"/> has passed.</summary>
    public TimeSpan After(int attempt, TimeSpan asked) => After(attempt) is var pause && pause > asked ? pause : asked;

    private TimeSpan Full(int attempt) =>
        attempt - 1 >= 30 || First.Ticks > Longest.Ticks >> (attempt - 1) ? Longest : TimeSpan.FromTicks(First.Ticks << (attempt - 1));
}
