namespace VitGrid.LoadTest.Failures;

/// <summary>How long nobody got an answer.</summary>
internal static class Gaps
{
    /// <summary>
    /// The longest time without a right answer that touches <paramref name="from"/> … <paramref name="to"/>: it may have begun before
    /// <paramref name="from"/>, with the last answer before it, and ends at <paramref name="to"/> at the latest.
    /// </summary>
    public static TimeSpan Longest(IEnumerable<Attempt> attempts, TimeSpan from, TimeSpan to)
    {
        TimeSpan[] answers = [.. attempts.Where(attempt => attempt.Outcome == Outcome.Answered).Select(attempt => attempt.Done).Order()];
        TimeSpan last = answers.LastOrDefault(answer => answer <= from);
        TimeSpan longest = TimeSpan.Zero;
        foreach (TimeSpan answer in answers.Where(answer => answer > from && answer < to).Append(to))
        {
            longest = answer - last > longest ? answer - last : longest;
            last = answer;
        }
        return longest;
    }
}
