using VitGrid.Engine.Errors;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>How a vector stands in JSON.</summary>
internal enum EncodingFormat
{
    Float,
    Base64,
}

/// <summary>The numbers a vector is made of.</summary>
internal enum EmbeddingType
{
    Float,
    Float16,
    Int8,
    UInt8,
    Binary,
    UBinary,
}

/// <summary>The form of an answer with features.</summary>
internal enum FeatureFormat
{
    /// <summary>One safetensors file: tensors for each image, layer and kind of token.</summary>
    Safetensors,

    /// <summary>One NumPy array over all images; for one layer and one kind of token.</summary>
    Npy,

    /// <summary>A part for each tensor, each a NumPy array.</summary>
    Multipart,
}

/// <summary>Everything a request says beside its images, whatever its protocol calls it.</summary>
internal sealed record EmbeddingFields
{
    public string? Model { get; init; }

    public EncodingFormat Encoding { get; init; }

    public int? Dimensions { get; init; }

    /// <summary>Pooling; null takes the model's published embedding.</summary>
    public Pooling? Pooling { get; init; }

    public int Layer { get; init; } = -1;

    public bool Normalize { get; init; } = true;

    public EmbeddingType Type { get; init; }

    public Lane Lane { get; init; }

    public TimeSpan? Timeout { get; init; }

    public CacheUse Cache { get; init; }

    public string? Preprocess { get; init; }

    /// <summary>EXIF orientation; null takes what is configured.</summary>
    public ExifOrientation? Exif { get; init; }

    public bool Partial { get; init; }

    /// <summary>Into how many tiles each image is cut; null: into none. Of a request for features <see cref="Features"/> says it.</summary>
    public ImageTiling? Tiling { get; init; }

    /// <summary>Whether arrays of token ids are those of the model's own tokenizer.</summary>
    public bool TokensOfModel { get; init; }

    /// <summary>Whether a text longer than the model reads is cut, as the model's class does; else it is refused.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>What every text is put into, in the place of <c>{}</c>; null: texts are taken as they are.</summary>
    public string? PromptTemplate { get; init; }

    /// <summary>What a request for features says; null: vectors are asked for.</summary>
    public FeatureFields? Features { get; init; }

    /// <summary>The form of an answer with features; null: what the Accept header says.</summary>
    public FeatureFormat? FeatureFormat { get; init; }
}

/// <summary>Whether the model a request names can do what its fields ask for.</summary>
internal static class FieldChecks
{
    /// <exception cref="ApiException">It cannot; the message says what it can.</exception>
    public static void Check(EmbeddingFields fields, ModelInfo model)
    {
        CheckLayer(fields, model);
        CheckPooling(fields, model);
        CheckDimensions(fields, model);
        CheckProfile(fields, model);
        CheckTiling(fields, model);
    }

    private static void CheckTiling(EmbeddingFields fields, ModelInfo model)
    {
        if ((fields.Tiling ?? fields.Features?.Tiling) is not { } tiling)
            return;
        try
        {
            PreprocessProfile profile = fields.Preprocess is null
                ? model.Profile : PreprocessProfile.Resolve(fields.Preprocess, model.Preprocessing);
            _ = profile.WithTiling(tiling);
        }
        catch (ArgumentException exception)
        {
            throw new ApiException(
                ApiCode.InvalidRequest, $"tiling for model '{model.Name}': {WithoutParameter(exception)}",
                "tiling");
        }
    }

    private static void CheckDimensions(EmbeddingFields fields, ModelInfo model)
    {
        int own = model.DimensionsOf(fields.Pooling ?? model.Architecture.Poolings.Default);
        if (fields.Dimensions is { } asked && asked != own)
        {
            throw new ApiException(ApiCode.DimensionsNotSupported,
                $"dimensions is {asked}; vectors of model '{model.Name}' have {own} and lose their meaning when cut: leave dimensions out "
                    + $"or send {own}",
                "dimensions");
        }
    }

    private static void CheckLayer(EmbeddingFields fields, ModelInfo model)
    {
        int depth = model.Architecture.Depth;
        if (fields.Layer < -(depth + 1) || fields.Layer > depth)
            throw new ApiException(ApiCode.InvalidRequest, RefusalText.NoSuchLayer(model, fields.Layer), "layer");
    }

    private static void CheckPooling(EmbeddingFields fields, ModelInfo model)
    {
        int layer = fields.Layer < 0 ? fields.Layer + model.Architecture.Depth + 1 : fields.Layer;
        if (RefusalText.Pooling(model, layer, fields.Pooling) is { } fault)
            throw new ApiException(ApiCode.InvalidRequest, fault, "pooling");
    }

    private static void CheckProfile(EmbeddingFields fields, ModelInfo model)
    {
        if (fields.Preprocess is null)
            return;
        try
        {
            _ = PreprocessProfile.Resolve(fields.Preprocess, model.Preprocessing);
        }
        catch (ArgumentException exception)
        {
            throw new ApiException(ApiCode.InvalidRequest, WithoutParameter(exception), "preprocess");
        }
    }

    /// <summary>The runtime appends the C# parameter's name, which means nothing to a client.</summary>
    internal static string WithoutParameter(ArgumentException fault) => fault.ParamName is null
        ? fault.Message
        : fault.Message.Replace($" (Parameter '{fault.ParamName}')", "", StringComparison.Ordinal);
}

/// <summary>What a request said that is not read: the answer's hints tell of it.</summary>
internal sealed class RequestNotes
{
    private const int MaxNamed = 8;

    private readonly List<string> _unread = [];
    private int _unreadCount;
    private string? _prompt;
    private int _promptCount;

    /// <summary>Whether text was met that steers a language model, which an image encoder has not.</summary>
    public bool HasPrompt => _promptCount > 0;

    /// <summary>Notes a name that is not read, by its path in the request.</summary>
    public void Unread(string path)
    {
        if (_unreadCount++ < MaxNamed)
            _unread.Add($"'{Quote.Short(path)}'");
    }

    /// <summary>Notes names that are not read, of the object at <paramref name="path"/>.</summary>
    public void Unread(string path, IEnumerable<string>? names)
    {
        foreach (string name in names ?? [])
            Unread($"{path}.{name}");
    }

    /// <summary>Notes a prompt; an empty one asks for nothing.</summary>
    public void Prompt(string path, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return;
        _prompt ??= $"{path} ('{Quote.Short(text)}')";
        _promptCount++;
    }

    /// <summary>The hints, one a kind; none where everything was read.</summary>
    public IEnumerable<string> Hints()
    {
        if (_unreadCount > 0)
        {
            string more = _unreadCount > MaxNamed ? $" and {_unreadCount - MaxNamed} more" : "";
            yield return $"not read here: {string.Join(", ", _unread)}{more}";
        }
        if (_prompt is not null)
        {
            yield return $"text does not change a vector: {_prompt}{(_promptCount > 1 ? $" and {_promptCount - 1} more" : "")} "
                + "was not read; this server embeds the images alone";
        }
    }
}

/// <summary>One input of a request as it was read: an image's bytes, or where they are, or a text, or why there is none.</summary>
/// <param name="Param">Where it stood, e.g. <c>input[3]</c>.</param>
/// <param name="Bytes">The encoded image, in memory that it shares with the request.</param>
/// <param name="Owner">Keeps that memory until it is disposed; null when there are no bytes.</param>
/// <param name="Fault">Why it cannot be embedded; null when it may.</param>
internal readonly record struct ImageInput(string Param, ReadOnlyMemory<byte> Bytes, IDisposable? Owner, ApiError? Fault)
{
    /// <summary>Where the image is to be fetched; null when it came with the request.</summary>
    public string? Url { get; init; }

    /// <summary>What <see cref="Bytes"/> are.</summary>
    public ImageForm Form { get; init; }

    /// <summary>The text that is to be embedded; null: it is an image.</summary>
    public TextInput? Words { get; init; }

    /// <summary>Where its JSON string stands in the body, quotes included; empty where it came otherwise.</summary>
    public (int At, int Length) Text { get; init; }

    public static ImageInput From(string param, ReadOnlyMemory<byte> bytes, SharedBuffer buffer) =>
        bytes.IsEmpty ? Empty(param) : new(param, bytes, buffer.Share(), null);

    public static ImageInput Empty(string param) =>
        Refused(param, ApiCode.ImageDecodeFailed, $"{param} is empty (0 bytes); send the bytes of an image file");

    public static ImageInput Refused(string param, string code, string message) =>
        new(param, default, null, new ApiError(code, message, param));
}

/// <summary>A request as it was read, whatever its content type; disposed when it was answered.</summary>
/// <param name="Fields">What it says beside its images.</param>
/// <param name="Images">At least one.</param>
/// <param name="Buffer">Where the images lie.</param>
internal sealed record ParsedRequest(EmbeddingFields Fields, IReadOnlyList<ImageInput> Images, SharedBuffer Buffer) : IDisposable
{
    /// <summary>What it says that is not read.</summary>
    public RequestNotes Notes { get; init; } = new();

    /// <summary>Where images lie that were made of numbers in text; null: there are none.</summary>
    public SharedBuffer? Numbers { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Buffer.Forget();
        Numbers?.Forget();
    }
}
