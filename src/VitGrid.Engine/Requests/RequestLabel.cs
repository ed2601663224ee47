namespace VitGrid.Engine.Requests;

/// <summary>
/// Request ids: one label names a request in the logs, spans, frames and dead letters of every process that has to do with it. It comes
/// from outside: it is bounded, and never read as anything but a label.
/// </summary>
public static class RequestLabel
{
    /// <summary>Characters of a request id at most.</summary>
    public const int MaxLength = 128;

    private const int MaxListed = 8;

    /// <summary>Tells whether a client's id is taken over: 1–128 visible ASCII characters, safe in a header and in a log.</summary>
    public static bool IsUsable(string? id) =>
        id is { Length: > 0 and <= MaxLength } && id.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0;

    /// <summary>Names an item of the indexing queue: <c>JOB/ITEM</c>; of a long item its end, which tells files apart.</summary>
    public static string ForItem(string job, string item)
    {
        int room = Math.Max(0, MaxLength - job.Length - 1);
        return item.Length <= room ? $"{job}/{item}" : $"{job}/…{item.AsSpan(item.Length - Math.Max(0, room - 1))}";
    }

    /// <summary>Names the requests of a batch in one line: each once, eight at most.</summary>
    public static string List(IReadOnlyList<string?>? ids)
    {
        string[] known = [.. (ids ?? []).OfType<string>().Distinct()];
        return known.Length switch
        {
            0 => "unknown",
            <= MaxListed => string.Join(", ", known),
            _ => $"{string.Join(", ", known.Take(MaxListed))} and {known.Length - MaxListed} more",
        };
    }
}
