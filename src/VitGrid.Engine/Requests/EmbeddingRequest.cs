using System.Security.Cryptography;
using System.Text;
using VitGrid.Engine.Features;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Requests;

/// <summary>What the cache may do for a request.</summary>
public enum CacheUse
{
    /// <summary>Read and write.</summary>
    Use,

    /// <summary>Neither read nor write.</summary>
    Bypass,

    /// <summary>Compute anew and write.</summary>
    Refresh,
}

/// <summary>What the bytes of an image are.</summary>
public enum ImageForm
{
    /// <summary>An image file.</summary>
    File,

    /// <summary>What an encoder takes: normalised planes, [3, H, W] in single precision, little-endian.</summary>
    SinglePlanes,

    /// <summary>The same in half precision.</summary>
    HalfPlanes,
}

/// <summary>Whom a request belongs to when both wait.</summary>
public enum Lane
{
    /// <summary>Somebody waits for the answer.</summary>
    Interactive,

    /// <summary>Throughput counts, not delay.</summary>
    Bulk,
}

/// <summary>One image, or one text, to embed.</summary>
public sealed record EmbeddingRequest
{
    /// <summary>Name of a served model.</summary>
    public required string Model { get; init; }

    /// <summary>
    /// The encoded image, as the client sent it. Must not change: after a cancelled call it may still be read for others who asked for the
    /// same. Empty where there is <see cref="Text"/>.
    /// </summary>
    public ReadOnlyMemory<byte> Image { get; init; }

    /// <summary>A text to embed instead of an image: its vector is of the space that the model's images share; null: an image is.</summary>
    public TokenIds? Text { get; init; }

    /// <summary>What <see cref="Image"/> is. Planes pass no preprocessing.</summary>
    public ImageForm Form { get; init; }

    /// <summary>
    /// Disposed, perhaps more than once, as soon as nobody reads <see cref="Image"/> any more: when it was found, refused or decoded. Not
    /// when the caller leaves before that. Null: its memory is nobody's concern.
    /// </summary>
    public IDisposable? ImageOwner { get; init; }

    /// <summary>Preprocessing profile; null takes the model's.</summary>
    public string? Preprocess { get; init; }

    /// <summary>What becomes of the image's EXIF orientation; null takes what is configured.</summary>
    public ExifOrientation? Exif { get; init; }

    /// <summary>
    /// Hidden state to pool: 0 the embedding stage, i the output of block i (1…L); negative counts from the end, −1 the last block.
    /// </summary>
    public int Layer { get; init; } = -1;

    /// <summary>Pooling; null takes the model's published embedding.</summary>
    public Pooling? Pooling { get; init; }

    /// <summary>Cache use.</summary>
    public CacheUse Cache { get; init; }

    /// <summary>
    /// Features to give out; null: none are. With them <see cref="Layer"/> says nothing, the vector is that of their deepest layer, and no
    /// cache is asked but for visual tokens alone.
    /// </summary>
    public FeatureOrder? Features { get; init; }

    /// <summary>
    /// Into how many tiles the image is cut, each of which is computed as an image of its own; null: into none. Not with
    /// <see cref="Features"/> that ask for anything but visual tokens.
    /// </summary>
    public ImageTiling? Tiling { get; init; }

    /// <summary>Lane.</summary>
    public Lane Lane { get; init; }

    /// <summary>
    /// Time from acceptance until the request is given up; null takes the configured default. More than 0, at most one hour.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// On whose behalf it came: shares of the queues are counted by it. Empty: nobody's in particular. Never a label of a metric.
    /// </summary>
    public string Tenant { get; init; } = "";

    /// <summary>
    /// Names the request in logs, spans and frames of every process that has to do with it, see <see cref="RequestLabel"/>; null: unnamed.
    /// </summary>
    public string? RequestId { get; init; }
}

/// <summary>One image's vector.</summary>
/// <param name="Vector">Un-normalised, as computed: D numbers, 2 D for <see cref="Pooling.ClsMean"/>, the head's own for
/// <see cref="Pooling.Head"/>; none beside features of a layer that is not pooled so, or of tiles. Shared with the cache: not to be
/// written to.</param>
/// <param name="FromCache">Whether it was computed by an earlier request.</param>
/// <param name="Tokens">Patches plus class token of the model's input; of a text its own, without padding.</param>
/// <param name="Timings">Where the time went.</param>
public sealed record EmbeddingResult(ReadOnlyMemory<float> Vector, bool FromCache, int Tokens, EmbeddingTimings Timings)
{
    /// <summary>
    /// The features that were asked for; null: none were. Of an image that was cut into tiles a block for each, in the order of
    /// <see cref="Grid"/>. The receiver's to dispose.
    /// </summary>
    public FeatureSet? Features { get; init; }

    /// <summary>Its tiles; no columns and rows where it was not cut.</summary>
    public TileGrid Grid { get; init; }

    /// <summary>
    /// Un-normalised vectors of its tiles in the order of <see cref="Grid"/>, of which <see cref="Vector"/> is the mean; empty where it was
    /// not cut.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<float>> Tiles { get; init; } = [];

    /// <summary>The EXIF orientation, 2–8, that was ignored although the request did not ask for that; 1: none.</summary>
    public int IgnoredOrientation { get; init; } = 1;

    /// <summary>Where it was computed, perhaps for an earlier request; null where nobody says.</summary>
    public VectorOrigin? Origin { get; init; }
}

/// <summary>Wall time a request spent in each stage; zero where it was not needed.</summary>
public readonly record struct EmbeddingTimings(TimeSpan Cache, TimeSpan Decode, TimeSpan Queue, TimeSpan Infer)
{
    /// <summary>Time to fetch the image from its URL.</summary>
    public TimeSpan Fetch { get; init; }
}

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

/// <summary>Tenants as queues and frames know them: texts that are compared and never read.</summary>
public static class TenantLabel
{
    /// <summary>Characters of a label at most.</summary>
    public const int MaxLength = 128;

    /// <summary>Gives the tenant itself, or a digest of one longer than <see cref="MaxLength"/>; null becomes empty.</summary>
    public static string Bounded(string? tenant) =>
        tenant is not { Length: > MaxLength } ? tenant ?? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tenant)));
}
