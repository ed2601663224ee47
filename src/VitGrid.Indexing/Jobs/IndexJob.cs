using StackExchange.Redis;

namespace VitGrid.Indexing.Jobs;

/// <summary>A job as its hash in Redis says.</summary>
public sealed record IndexJob
{
    /// <summary>The id the user chose, or the one made for them.</summary>
    public required string Id { get; init; }

    /// <summary>What its vectors are to be.</summary>
    public required JobSettings Settings { get; init; }

    /// <summary><c>submitting</c>, <c>running</c>, <c>finished</c>, <c>cancelled</c> or <c>damaged</c>.</summary>
    public required string State { get; init; }

    /// <summary>Items submitted so far.</summary>
    public long Total { get; init; }

    /// <summary>Items whose vectors are in the sink.</summary>
    public long Done { get; init; }

    /// <summary>Items in the dead letters.</summary>
    public long Dead { get; init; }

    /// <summary>Items acknowledged without work after a cancel.</summary>
    public long Cancelled { get; init; }

    /// <summary>Lines of the source that were no items.</summary>
    public long Malformed { get; init; }

    /// <summary>Whether what is left is to be given up.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>Why nothing goes on at present; null when it does.</summary>
    public string? Problem { get; init; }

    /// <summary>Since when, by Redis' clock; null where nobody knows.</summary>
    public DateTimeOffset? ProblemSince { get; init; }

    /// <summary>Items that are nowhere, of a job that ended all the same.</summary>
    public long Missing { get; init; }

    /// <summary>Fingerprint of what was submitted and how; null for a job that another program made.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Items and malformed lines of the source that are in the queue already.</summary>
    public long Cursor { get; init; }

    /// <summary>The last of them.</summary>
    public string? Last { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When the last item was accounted for; null before.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Whether every item is accounted for.</summary>
    public bool IsOver => State is "finished" or "cancelled" or "damaged";

    /// <summary>Whether nothing is left to do but to finish the sink.</summary>
    public bool IsComplete => State == "running" && Done + Dead + Cancelled >= Total;

    /// <summary>Null when there is no such job, or another program made it without a model or sink.</summary>
    internal static IndexJob? From(string id, HashEntry[] hash)
    {
        Dictionary<string, string> fields = hash.ToDictionary(field => (string)field.Name!, field => (string)field.Value!);
        return JobSettings.From(fields) is not { } settings ? null : new()
        {
            Id = id,
            Settings = settings,
            State = fields.GetValueOrDefault("state", "submitting"),
            Total = Number("total"),
            Done = Number("done"),
            Dead = Number("dead"),
            Cancelled = Number("cancelled"),
            Malformed = Number("malformed"),
            IsCancelled = fields.ContainsKey("cancel"),
            Problem = fields.GetValueOrDefault("problem"),
            ProblemSince = fields.ContainsKey("problem_since") ? DateTimeOffset.FromUnixTimeMilliseconds(Number("problem_since")) : null,
            Missing = Number("missing"),
            Fingerprint = fields.GetValueOrDefault("fingerprint"),
            Cursor = Number("cursor"),
            Last = fields.GetValueOrDefault("last"),
            Created = DateTimeOffset.FromUnixTimeMilliseconds(Number("created")),
            Finished = fields.ContainsKey("finished") ? DateTimeOffset.FromUnixTimeMilliseconds(Number("finished")) : null,
        };

        long Number(string name) => long.TryParse(fields.GetValueOrDefault(name), CultureInfo.InvariantCulture, out long value) ? value : 0;
    }
}
