namespace VitGrid.LoadTest.Failures;

/// <summary>What became of a request.</summary>
internal enum Outcome
{
    /// <summary>Answered with the true vector, bit for bit.</summary>
    Answered,

    /// <summary>Answered with another vector.</summary>
    Wrong,

    /// <summary>Refused, broken off or not answered in time.</summary>
    Failed,
}

/// <summary>One request of the load. Times count from the beginning of the load.</summary>
/// <param name="Due">When it was to be sent: what the harness itself is late counts as waiting.</param>
/// <param name="Done">When its answer was read, or it had failed.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Fault">Status and code of a failure, e.g. <c>503 model_loading</c>; null when it was answered.</param>
internal sealed record Attempt(TimeSpan Due, TimeSpan Done, Outcome Outcome, string? Fault = null)
{
    /// <summary>How long the client waited.</summary>
    public TimeSpan Latency => Done - Due;
}
