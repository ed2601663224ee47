using System.Buffers;
using StackExchange.Redis;

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

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

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

    /// <summary>Why it failed, a JSON array; null when it has not.</summary>
    public string? Errors { get; init; }

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

    /// <summary>Whether a text has the form of an id; others would name keys beside the batches.</summary>
    public static bool IsId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.StartsWith("batch_", StringComparison.Ordinal) && id.Length == 38 && id.AsSpan(6).IndexOfAnyExcept(HexDigits) < 0;
    }

    /// <summary>Null when the hash is empty.</summary>
    internal static BatchRecord? From(string id, HashEntry[] hash)
    {
        Dictionary<string, string> fields = hash.ToDictionary(field => (string)field.Name!, field => (string)field.Value!);
        return fields.Count == 0 ? null : new()
        {
            Id = id,
            Status = fields["status"],
            InputFile = fields["input_file"],
            OutputFile = fields["output_file"],
            ErrorFile = fields["error_file"],
            CompletionWindow = fields["completion_window"],
            OutputSeconds = fields.ContainsKey("output_seconds") ? (int)Number("output_seconds") : null,
            Metadata = fields["metadata"],
            Created = Number("created"),
            Errors = fields.GetValueOrDefault("errors"),
            Lines = (int)Number("lines"),
            Refused = (int)Number("refused"),
            Items = (int)Number("items"),
            Tokens = (int)Number("tokens"),
            Succeeded = fields.ContainsKey("succeeded") ? (int)Number("succeeded") : null,
            Reached = fields.Where(field => field.Key.EndsWith("_at", StringComparison.Ordinal)).ToDictionary(
                field => field.Key[..^3], field => Number(field.Key)),
        };

        long Number(string name) => long.TryParse(fields.GetValueOrDefault(name), CultureInfo.InvariantCulture, out long value) ? value : 0;
    }

    /// <summary>The fields of a new batch.</summary>
    internal IEnumerable<(string Name, string Value)> Fields() =>
    [
        ("status", Status), ("input_file", InputFile), ("output_file", OutputFile), ("error_file", ErrorFile),
        ("completion_window", CompletionWindow), ("metadata", Metadata), ("created", Created.ToString(CultureInfo.InvariantCulture)),
        .. OutputSeconds is { } seconds
            ? [("output_seconds", seconds.ToString(CultureInfo.InvariantCulture))] : Array.Empty<(string, string)>(),
    ];
}
