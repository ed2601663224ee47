using StackExchange.Redis;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Batches;

/// <summary>A batch of <c>/v1/batches</c> as its hash in Redis says. It is a job of the same id once it is in progress.</summary>
public sealed record BatchRecord
{
    /// <summary>Its file is being read.</summary>
    public const string Validating = "validating";
    /// <summary>Its images are in the queue.</summary>
    public const string InProgress = "in_progress";
    /// <summary>Its files of results are being written.</summary>
    public const string Finalizing = "finalizing";
    /// <summary>Its files of results are there.</summary>
    public const string Completed = "completed";
    /// <summary>Its file could not be read; <see cref="Errors"/> says why.</summary>
    public const string Failed = "failed";
    /// <summary>Somebody gave it up; what is under way ends first.</summary>
    public const string Cancelling = "cancelling";
    /// <summary>Given up; the files hold what was done before.</summary>
    public const string Cancelled = "cancelled";

    private const string At = "_at";

    private static readonly string[] Required =
        ["status", "input_file", "output_file", "error_file", "completion_window", "metadata", "created"];

    /// <summary><c>batch_</c> and 32 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>One of the seven statuses of this type's constants.</summary>
    public required string Status { get; init; }

    /// <summary>Id of the file of its lines.</summary>
    public required string InputFile { get; init; }

    /// <summary>Id that the file of results has, or will have.</summary>
    public required string OutputFile { get; init; }

    /// <summary>Id that the file of errors has, or will have.</summary>
    public required string ErrorFile { get; init; }

    /// <summary>The client's own text, such as <c>24h</c>; nothing is given up when it ends.</summary>
    public required string CompletionWindow { get; init; }

    /// <summary>Seconds after which the files of results and errors go away; null: they stay until they are deleted.</summary>
    public int? OutputSeconds { get; init; }

    /// <summary>The client's own, a JSON object of strings.</summary>
    public required string Metadata { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public required long Created { get; init; }

    /// <summary>The tenant that made it; empty: nobody in particular.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Images that its maker may have computed in a day; 0: any number.</summary>
    public long ImagesPerDay { get; init; }

    /// <summary>Whether its images count in that already.</summary>
    public bool IsCounted { get; init; }

    /// <summary>Why it failed, a JSON array; null when it has not.</summary>
    public string? Errors { get; init; }

    /// <summary>What is wrong with its record, which nobody can go on with; null where it is whole.</summary>
    public string? Damage { get; private init; }

    /// <summary>Lines, blank ones left out; 0 until validated.</summary>
    public int Lines { get; init; }

    /// <summary>Of them those that ask for nothing that can be done.</summary>
    public int Refused { get; init; }

    /// <summary>Images of the others.</summary>
    public int Items { get; init; }

    /// <summary>Tokens of an image.</summary>
    public int Tokens { get; init; }

    /// <summary>Lines with a result in the output file; null before it is written.</summary>
    public int? Succeeded { get; init; }

    /// <summary>When each status was reached, milliseconds since 1970.</summary>
    public IReadOnlyDictionary<string, long> Reached { get; init; } = new Dictionary<string, long>();

    /// <summary>Whether its status will not change any more.</summary>
    public bool IsOver => Status is Completed or Failed or Cancelled;

    /// <summary>Makes an id that no batch has.</summary>
    public static string NewId() => $"batch_{Guid.NewGuid():N}";

    /// <summary>Whether a batch can have such an id.</summary>
    public static bool IsId(string id) => IndexKeys.IsBatch(id);

    /// <summary>Reads the hash of a batch; does not fail, whatever it holds.</summary>
    /// <param name="id">The batch's id.</param>
    /// <param name="hash">Its fields; null where the key holds no hash.</param>
    /// <returns>Null when the hash is empty; a failed batch that says so when it is none of a batch.</returns>
    internal static BatchRecord? From(string id, HashEntry[]? hash)
    {
        if (hash is { Length: 0 })
            return null;
        HashFields fields = new(hash ?? []);
        string[] missing = [.. Required.Where(name => !fields.Has(name))];
        return hash is null ? Damaged(id, fields, "is no hash")
            : missing.Length > 0 ? Damaged(id, fields, $"lacks {string.Join(", ", missing)}")
            : Read(id, fields);
    }

    private static BatchRecord Damaged(string id, HashFields fields, string what) => Read(id, fields) with
    {
        Status = Failed,
        Damage = $"the record of this batch in Redis {what}; its items and files stay: remove it with 'vitgrid index remove {id}'",
    };

    private static BatchRecord Read(string id, HashFields fields) => new()
    {
        Id = id,
        Status = fields.Text("status") ?? Failed,
        InputFile = fields.Text("input_file") ?? "",
        OutputFile = fields.Text("output_file") ?? "",
        ErrorFile = fields.Text("error_file") ?? "",
        CompletionWindow = fields.Text("completion_window") ?? "",
        OutputSeconds = fields.Has("output_seconds") ? fields.Count("output_seconds") : null,
        Metadata = fields.Text("metadata") ?? "{}",
        Created = fields.Time("created").ToUnixTimeMilliseconds(),
        Owner = fields.Text("owner") ?? "",
        ImagesPerDay = Math.Max(0, fields.Number("images_per_day")),
        IsCounted = fields.Has("counted"),
        Errors = fields.Text("errors"),
        Lines = fields.Count("lines"),
        Refused = fields.Count("refused"),
        Items = fields.Count("items"),
        Tokens = fields.Count("tokens"),
        Succeeded = fields.Has("succeeded") ? fields.Count("succeeded") : null,
        Reached = fields.All.Keys.Where(name => name.EndsWith(At, StringComparison.Ordinal)).ToDictionary(
            name => name[..^At.Length], name => fields.Time(name).ToUnixTimeMilliseconds()),
    };

    /// <summary>The fields of a new batch.</summary>
    internal IEnumerable<(string Name, string Value)> Fields() =>
    [
        ("status", Status), ("input_file", InputFile), ("output_file", OutputFile), ("error_file", ErrorFile),
        ("completion_window", CompletionWindow), ("metadata", Metadata), ("created", Created.ToString(CultureInfo.InvariantCulture)),
        .. Owner.Length > 0 ? [("owner", Owner)] : Array.Empty<(string, string)>(),
        .. ImagesPerDay > 0
            ? [("images_per_day", ImagesPerDay.ToString(CultureInfo.InvariantCulture))] : Array.Empty<(string, string)>(),
        .. OutputSeconds is { } seconds
            ? [("output_seconds", seconds.ToString(CultureInfo.InvariantCulture))] : Array.Empty<(string, string)>(),
    ];
}
