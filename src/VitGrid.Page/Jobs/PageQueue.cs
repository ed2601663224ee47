using System.Text.Json;

namespace VitGrid.Page.Jobs;

/// <summary>The indexing queue as the page shows it.</summary>
/// <param name="Lag">Entries that nobody has read; null: not known.</param>
/// <param name="Pending">Entries under way.</param>
/// <param name="Workers">Workers of the queue, and what each has under way.</param>
/// <param name="Jobs">The newest jobs.</param>
internal sealed record PageQueue(long? Lag, long Pending, IReadOnlyList<(string Name, int Pending)> Workers, IReadOnlyList<PageJob> Jobs)
{
    public static PageQueue From(JsonElement json) => new(
        json.GetProperty("lag") is { ValueKind: JsonValueKind.Number } lag ? lag.GetInt64() : null,
        json.GetProperty("pending").GetInt64(),
        [.. json.GetProperty("workers").EnumerateArray().Select(
            worker => (worker.GetProperty("worker").GetString()!, worker.GetProperty("pending").GetInt32()))],
        [.. json.GetProperty("jobs").EnumerateArray().Select(PageJob.From)]);
}

/// <summary>A job.</summary>
internal sealed record PageJob(
    string Id, string State, string Model, string Sink, long Total, long Done, long Dead, long Cancelled, double PerSecond, string? Problem,
    long Malformed)
{
    /// <summary>Whether nothing will change any more.</summary>
    public bool IsOver => State is "finished" or "cancelled" or "damaged";

    /// <summary>The part that has ended, 0 to 1.</summary>
    public double Part => Total == 0 ? IsOver ? 1 : 0 : Math.Min(1, (Done + Dead + Cancelled) / (double)Total);

    /// <summary>Time until the rest has ended at the rate so far; null: nothing has ended yet, or nothing is left.</summary>
    public TimeSpan? Left => IsOver || PerSecond <= 0 ? null : TimeSpan.FromSeconds((Total - Done - Dead - Cancelled) / PerSecond);

    public static PageJob From(JsonElement job) => new(
        job.GetProperty("job").GetString()!, job.GetProperty("state").GetString()!, job.GetProperty("model").GetString()!,
        job.GetProperty("sink").GetString()!, job.GetProperty("total").GetInt64(), job.GetProperty("done").GetInt64(),
        job.GetProperty("dead").GetInt64(), job.GetProperty("cancelled").GetInt64(), job.GetProperty("per_second").GetDouble(),
        job.GetProperty("problem").GetString(), job.GetProperty("malformed").GetInt64());
}

/// <summary>A dead letter.</summary>
/// <param name="Id">The item's.</param>
/// <param name="Uri">Where it lies.</param>
/// <param name="Code">Stable name of what is wrong.</param>
/// <param name="Reason">The same for people.</param>
public sealed record PageLetter(string Id, string Uri, string Code, string Reason)
{
    internal static IReadOnlyList<PageLetter> From(JsonElement letters) =>
    [
        .. letters.EnumerateArray().Select(letter => new PageLetter(
            Text(letter, "id"), Text(letter, "uri"), Text(letter, "code"), Text(letter, "message"))),
    ];

    private static string Text(JsonElement letter, string name) =>
        letter.TryGetProperty(name, out JsonElement value) ? value.ToString() : "";
}
