namespace VitGrid.Client;

/// <summary>
/// The JSON body of <c>POST /v1/embeddings</c>: OpenAI's shape, for images and texts. A null field is left out, so that the
/// server's default holds.
/// </summary>
public sealed record EmbeddingsRequest
{
    /// <summary>Name of a served model; may be left out when the server serves exactly one.</summary>
    public string? Model { get; init; }

    /// <summary>Images and texts; at most 256 by default. A string is what the server takes it for.</summary>
    public IReadOnlyList<EmbeddingInput>? Input { get; init; }

    /// <summary><c>float</c> (default: JSON numbers) or <c>base64</c> (little-endian bytes of <see cref="EmbeddingType"/>).</summary>
    public string? EncodingFormat { get; init; }

    /// <summary>Length of the vector; refused unless it is the model's own.</summary>
    public int? Dimensions { get; init; }

    /// <summary>The caller's name for its own user; accepted for OpenAI's clients and not read.</summary>
    public string? User { get; init; }

    /// <summary><c>cls</c> (default), <c>mean</c> or <c>cls+mean</c>.</summary>
    public string? Pooling { get; init; }

    /// <summary>
    /// Hidden state to pool: 0 the embedding stage, i the output of block i; negative counts from the end, −1 (default) the last block.
    /// </summary>
    public int? Layer { get; init; }

    /// <summary>Whether the vector is divided by its L2 norm. Default true.</summary>
    public bool? Normalize { get; init; }

    /// <summary><c>float</c> (default), <c>float16</c>, <c>int8</c>, <c>uint8</c>, <c>binary</c> or <c>ubinary</c>.</summary>
    public string? EmbeddingType { get; init; }

    /// <summary><c>interactive</c> (default) or <c>bulk</c>.</summary>
    public string? Priority { get; init; }

    /// <summary>Milliseconds from acceptance until the server gives the request up; 1–3,600,000.</summary>
    public int? TimeoutMs { get; init; }

    /// <summary><c>use</c> (default), <c>bypass</c> (neither read nor written) or <c>refresh</c>.</summary>
    public string? Cache { get; init; }

    /// <summary>Name of a preprocessing profile, e.g. <c>squash</c>; the model's own by default.</summary>
    public string? Preprocess { get; init; }

    /// <summary><c>ignore</c> or <c>apply</c>: what becomes of the EXIF orientation; the server's configuration by default.</summary>
    public string? Exif { get; init; }

    /// <summary>Into how many tiles each image is cut, each with a vector of its own; null: into none.</summary>
    public EmbeddingTiling? Tiling { get; init; }

    /// <summary>What becomes of a text that is too long for the model: <c>end</c> (its end is cut off) or <c>error</c>.</summary>
    public string? Truncate { get; init; }

    /// <summary>What stands around each text, with <c>{}</c> in its place, e.g. <c>a photo of a {}</c>.</summary>
    public string? PromptTemplate { get; init; }

    /// <summary><c>fail</c> (default: one bad image fails the request) or <c>partial</c> (its item carries the error).</summary>
    public string? OnError { get; init; }
}

/// <summary>How images are cut into tiles, as InternVL cuts them.</summary>
/// <param name="Min">Fewest tiles, the thumbnail not counted.</param>
/// <param name="Max">Most tiles, the thumbnail not counted.</param>
/// <param name="Thumbnail">Whether a thumbnail of the whole image follows where there is more than one tile.</param>
public sealed record EmbeddingTiling(int Min = 1, int Max = 12, bool Thumbnail = true);
