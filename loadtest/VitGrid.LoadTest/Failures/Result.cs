namespace VitGrid.LoadTest.Failures;

/// <summary>What one experiment showed.</summary>
/// <param name="Experiment">What was done.</param>
/// <param name="Tally">What the clients saw.</param>
/// <param name="Moments">When.</param>
/// <param name="Notes">What is worth telling beside the numbers.</param>
internal sealed record Result(Experiment Experiment, Tally Tally, Moments Moments, IReadOnlyList<string> Notes)
{
    /// <summary>
    /// Whether every request got its vector, as far as anybody was there to answer, and the grid became whole again; how long it took is
    /// reported, not judged.
    /// </summary>
    public bool Passed =>
        Tally is { Answered: > 0, Wrong: 0 } && (Tally.Failed == 0 || Experiment.LeavesNobody) && Moments.Whole is not null;

    /// <summary>From the fault until the grid was seen whole; null when it was not.</summary>
    public TimeSpan? Recovery => Moments.Whole - Moments.Fault;

    /// <summary><c>met</c>, <c>missed</c>, or null where no gap is asked for.</summary>
    public string? Verdict => Experiment.Gap is not { } wanted ? null : Tally.LongestGap <= wanted ? "met" : "missed";
}
