namespace VitGrid.Client;

/// <summary>The answer of <c>GET /v1/models</c>.</summary>
public sealed record ModelsResponse
{
    /// <summary>Always <c>list</c>.</summary>
    public string Object { get; init; } = "list";

    /// <summary>Every served model, in configured order.</summary>
    public required IReadOnlyList<ModelDescription> Data { get; init; }
}

/// <summary>One served model: OpenAI's four fields, then VitGrid's own.</summary>
public sealed record ModelDescription
{
    /// <summary>The name requests use.</summary>
    public required string Id { get; init; }

    /// <summary>Always <c>model</c>.</summary>
    public string Object { get; init; } = "model";

    /// <summary>When this process began to serve, in seconds since 1970-01-01 UTC.</summary>
    public required long Created { get; init; }

    /// <summary>Always <c>vitgrid</c>.</summary>
    public string OwnedBy { get; init; } = "vitgrid";

    /// <summary>What the model is good for and what not; null when its folder says nothing VitGrid ships.</summary>
    public string? Description { get; init; }

    /// <summary>Fingerprint of the weights, 32 hex digits; null until they were read.</summary>
    public string? Revision { get; init; }

    /// <summary><c>loading</c>, <c>ready</c>, <c>failed</c>, or <c>absent</c> when no worker has it any more.</summary>
    public required string State { get; init; }

    /// <summary>Why it does not answer; null when nothing is known to be wrong.</summary>
    public string? Failure { get; init; }

    /// <summary>Numbers of a vector of the model's default pooling.</summary>
    public required int Dimensions { get; init; }

    /// <summary>What it embeds: <c>image</c>, <c>text</c> or both; null from a server that does not tell.</summary>
    public IReadOnlyList<string>? Modalities { get; init; }

    /// <summary>How it reads texts; null: it reads none.</summary>
    public TextDescription? Text { get; init; }

    /// <summary>Blocks L: <c>layer</c> takes −(L+1) … L.</summary>
    public required int Layers { get; init; }

    /// <summary>Height and width of the input image, in pixels.</summary>
    public required IReadOnlyList<int> InputSize { get; init; }

    /// <summary>Patches plus class token of one image.</summary>
    public required int Tokens { get; init; }

    /// <summary>The values <c>pooling</c> takes.</summary>
    public required IReadOnlyList<string> Poolings { get; init; }

    /// <summary>The pooling of a request that names none, the model's published embedding; null from a server that does not tell.</summary>
    public string? DefaultPooling { get; init; }

    /// <summary>The preprocessing profile used when a request names none.</summary>
    public required string Preprocess { get; init; }

    /// <summary>What becomes of an image under that profile, and which file says so; null from a server that does not tell.</summary>
    public PreprocessingDescription? Preprocessing { get; init; }

    /// <summary><c>fp32</c>, <c>bf16</c>, <c>fp16</c> or <c>int8</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>
    /// What that precision is computed in on the model's devices, such as <c>int8-vnni</c> or <c>openvino-bf16</c>: vectors of two
    /// arithmetics are not mixed. Null from a server that does not tell.
    /// </summary>
    public string? Arithmetic { get; init; }

    /// <summary>
    /// How the cache that processes share holds its vectors: <c>fp32</c>, exact, or <c>fp16</c>, rounded; null where there is none.
    /// </summary>
    public string? CacheFormat { get; init; }

    /// <summary>Where the blocks run, in order; empty until they were placed.</summary>
    public required IReadOnlyList<SegmentDescription> Segments { get; init; }
}

/// <summary>How a model reads texts.</summary>
/// <param name="ContextLength">Tokens that it reads, start and end tokens among them; what follows is cut off, or refused.</param>
/// <param name="Tokenizer">The kind of its tokenizer: <c>clip</c>, <c>siglip</c>, <c>siglip-json</c> or <c>gemma</c>.</param>
/// <param name="Rule">What is done to a text before it is cut into tokens, in words.</param>
/// <param name="Score"><c>softmax</c> or <c>sigmoid</c>, what its family makes of the similarity to images; null: there are none.</param>
/// <param name="State">How far its text tower is, as <see cref="ModelDescription.State"/>.</param>
public sealed record TextDescription(int ContextLength, string Tokenizer, string Rule, string? Score, string State)
{
    /// <summary>Why it does not answer; null when nothing is known to be wrong.</summary>
    public string? Failure { get; init; }
}

/// <summary>How images become an encoder's input.</summary>
public sealed record PreprocessingDescription
{
    /// <summary>The profile: <c>crop</c>, <c>squash</c>, <c>timm</c> or <c>border</c>, with its suffixes.</summary>
    public required string Mode { get; init; }

    /// <summary>Height and width that images are brought to, in pixels.</summary>
    public required IReadOnlyList<int> Size { get; init; }

    /// <summary>timm's <c>crop_pct</c>, in (0, 1]; null in other profiles.</summary>
    public double? CropFraction { get; init; }

    /// <summary>
    /// Side that images are resized to before their centre is cut out, or a border put around them, in pixels; null where it is the size.
    /// </summary>
    public int? Edge { get; init; }

    /// <summary><c>bicubic</c> or <c>bilinear</c>; null from a server that does not tell.</summary>
    public string? Interpolation { get; init; }

    /// <summary>
    /// Red, green and blue, 0–255, around an image that does not fill the input; null where it is black or there is none.
    /// </summary>
    public IReadOnlyList<int>? Fill { get; init; }

    /// <summary>
    /// <c>uint8</c> where a resized image is rounded to bytes, <c>float32</c> where it is not; null from a server that does not tell.
    /// </summary>
    public string? Samples { get; init; }

    /// <summary>Mean of red, green and blue that is subtracted, in units of full scale.</summary>
    public required IReadOnlyList<float> Mean { get; init; }

    /// <summary>Deviation of red, green and blue that is divided by, in units of full scale.</summary>
    public required IReadOnlyList<float> Std { get; init; }

    /// <summary>
    /// The file and section that state this, such as <c>processor_config.json: image_processor</c>; without any, what is assumed and why.
    /// </summary>
    public required string Source { get; init; }
}

/// <summary>A run of blocks on one device.</summary>
/// <param name="Blocks">First and last block, from 0, e.g. <c>0..11</c>.</param>
/// <param name="Device">The device, e.g. <c>cuda:0</c>.</param>
public sealed record SegmentDescription(string Blocks, string Device);
