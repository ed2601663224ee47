namespace VitGrid.LoadTest.Load;

/// <summary>What became of a request.</summary>
internal enum Ending
{
    /// <summary>200.</summary>
    Answered,

    /// <summary>429: the server said that it has enough.</summary>
    Refused,

    /// <summary>504, or no answer in the time the client had for it.</summary>
    Late,

    /// <summary>Any other status, a broken connection.</summary>
    Failed,

    /// <summary>The generator had too many under way.</summary>
    NotSent,
}

/// <summary>An answer, or what stands for it.</summary>
/// <param name="Ending">What became of the request.</param>
/// <param name="Images">Images asked for.</param>
/// <param name="Fault">Status and code, e.g. <c>429 overloaded</c>; null when it was answered.</param>
/// <param name="Timings">Milliseconds by stage from <c>Server-Timing</c>; empty when there was none.</param>
/// <param name="Lane">The lane it was sent in; null: the server's default.</param>
internal sealed record Answer(
    Ending Ending, int Images, string? Fault = null, IReadOnlyList<KeyValuePair<string, double>>? Timings = null, string? Lane = null);

/// <summary>A request that has ended. Times count from the beginning of the load.</summary>
/// <param name="Due">When it was to be sent.</param>
/// <param name="Sent">When it was.</param>
/// <param name="Done">When its answer was read to the end.</param>
/// <param name="Step">The step it belongs to.</param>
/// <param name="Answer">What became of it.</param>
internal sealed record Attempt(TimeSpan Due, TimeSpan Sent, TimeSpan Done, int Step, Answer Answer)
{
    /// <summary>
    /// What the client waited: from the moment it wanted to ask, so that a server that stands still is charged for all it kept waiting.
    /// </summary>
    public TimeSpan Latency => Done - Due;
}
