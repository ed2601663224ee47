using StackExchange.Redis;
using VitGrid.Indexing.Queue;

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

    /// <summary>Items that were put back because a device had computed them wrong, ever.</summary>
    public long Again { get; init; }

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

    /// <summary>Whether its hash is none of a job: nobody works on it, and the problem says what is wrong.</summary>
    public bool IsDamaged { get; private init; }

    /// <summary>Whether its items came over HTTP: it is a batch, whose lines a client wrote.</summary>
    internal bool IsFromHttp => IndexKeys.IsBatch(Id);

    /// <summary>Reads the hash of a job; does not fail, whatever it holds.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="hash">Its fields; null where the key holds no hash.</param>
    /// <returns>Null when the hash is empty; a damaged job when another hand made it without a model or sink, or no hash at all.</returns>
    internal static IndexJob? From(string id, HashEntry[]? hash)
    {
        if (hash is { Length: 0 })
            return null;
        if (hash is null)
            return Damaged(id, new([]), "is no hash");
        HashFields fields = new(hash);
        return JobSettings.From(fields.All) is { } settings
            ? Read(id, settings, fields) with { Problem = fields.Text("problem") }
            : Damaged(id, fields, "lacks model or sink, or holds a setting that is none");
    }

    private static IndexJob Damaged(string id, HashFields fields, string what) => Read(id, new("", ""), fields) with
    {
        State = "damaged",
        IsDamaged = true,
        Problem = $"its record {IndexKeys.Job(id)} {what}; write it anew, or 'vitgrid index remove {id}'",
    };

    private static IndexJob Read(string id, JobSettings settings, HashFields fields) => new()
    {
        Id = id,
        Settings = settings,
        State = fields.Text("state") ?? "submitting",
        Total = fields.Number("total"),
        Done = fields.Number("done"),
        Dead = fields.Number("dead"),
        Cancelled = fields.Number("cancelled"),
        Again = fields.Number("again"),
        Malformed = fields.Number("malformed"),
        IsCancelled = fields.Has("cancel"),
        ProblemSince = fields.Has("problem_since") ? fields.Time("problem_since") : null,
        Missing = fields.Number("missing"),
        Fingerprint = fields.Text("fingerprint"),
        Cursor = fields.Number("cursor"),
        Last = fields.Text("last"),
        Created = fields.Time("created"),
        Finished = fields.Has("finished") ? fields.Time("finished") : null,
    };
}
