using System.Collections.Frozen;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>Which fields a kind of request has.</summary>
internal sealed class FieldSet
{
    /// <summary>Names that change nothing and are sent by clients on their own: OpenAI's user, Azure's version.</summary>
    private static readonly FrozenSet<string> Idle = FrozenSet.Create(StringComparer.Ordinal, "user", "api-version");

    /// <summary>Fields of other services that hold images or text.</summary>
    private static readonly Dictionary<string, (string[] Harmless, string Remedy)> ForeignContent = new()
    {
        ["image"] = ([], "send it as input"),
        ["images"] = ([], "send them as input"),
        ["image_url"] = ([], "send it as input"),
        ["inputs"] = ([], "send the images as input"),
        ["text"] = ([], "send texts as input"),
        ["texts"] = ([], "send texts as input"),
        ["mm_processor_kwargs"] = ([], "send preprocess"),
    };

    /// <param name="known">The fields that are read.</param>
    /// <param name="foreign">Fields that ask for something else, beside those of other services that hold images or text.</param>
    /// <param name="content">What holds images and texts instead of a field.</param>
    public FieldSet(
        FrozenSet<string> known, IEnumerable<KeyValuePair<string, (string[] Harmless, string Remedy)>> foreign, params string[] content)
    {
        (Known, Content) = (known, FrozenSet.Create(StringComparer.Ordinal, content));
        Foreign = foreign.Concat(ForeignContent).Where(field => !Content.Contains(field.Key)).ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static readonly FrozenSet<string> Compared = FrozenSet.Create(
        StringComparer.Ordinal, "model", "priority", "timeout_ms", "cache", "preprocess", "exif", "truncate", "prompt_template");

    /// <summary>
    /// The fields of a request for vectors. Foreign ones are of Jina's, vLLM's, Cohere's and Voyage's forms.
    /// </summary>
    public static FieldSet Vectors { get; } = new(
        FrozenSet.Create(StringComparer.Ordinal,
            "model", "encoding_format", "dimensions", "pooling", "layer", "normalize", "embedding_type", "priority", "timeout_ms", "cache",
            "preprocess", "exif", "on_error", "tiling", "tokens", "truncate", "prompt_template"),
        new Dictionary<string, (string[], string)>
        {
            ["late_chunking"] = (["false"], "an image is one vector and is not cut into chunks: leave it out"),
            ["return_multivector"] = (["false"], "an image is one vector: leave it out"),
            ["output_dimension"] = ([], "send dimensions"),
            ["output_dtype"] = (["float"], "send embedding_type"),
            ["embedding_types"] = ([], "send embedding_type, one of them"),
            ["embed_dtype"] = (["auto", "float32"], "send embedding_type"),
            ["endianness"] = (["native", "little"], "bytes are little-endian: leave it out"),
        },
        "input", "messages");

    /// <summary>The fields of a request that compares.</summary>
    public static FieldSet Similarity { get; } = new(Compared, [], "texts", "images");

    /// <summary>The fields of a request that tells images apart by labels.</summary>
    public static FieldSet Classification { get; } = new(
        [.. Compared.Where(field => field != "prompt_template")],
        new Dictionary<string, (string[], string)>
        {
            ["prompt_template"] = ([], "send templates, an array"),
            ["candidate_labels"] = ([], "send labels"),
        },
        "input", "labels", "templates");

    /// <summary>The fields of a request for features.</summary>
    public static FieldSet Features { get; } = new(
        FrozenSet.Create(StringComparer.Ordinal,
            "model", "layers", "outputs", "norm", "tiling", "layout", "dtype", "format", "priority", "timeout_ms", "cache", "preprocess",
            "exif", "on_error"),
        new Dictionary<string, (string[], string)>
        {
            ["layer"] = ([], "send layers"),
            ["pooling"] = ([], "features are not pooled: send outputs, or ask POST /v1/embeddings"),
            ["normalize"] = (["false"], "features are given out as they are: leave it out"),
            ["normalized"] = (["false"], "features are given out as they are: leave it out"),
            ["dimensions"] = ([], "features are not cut: leave it out"),
            ["encoding_format"] = ([], "send format"),
            ["embedding_type"] = ([], "send dtype"),
        },
        "input", "messages")
    {
        Lists = FrozenSet.Create(StringComparer.Ordinal, "layers", "outputs"),
    };

    /// <summary>The fields that are read.</summary>
    public FrozenSet<string> Known { get; }

    /// <summary>What holds images and texts instead of a field.</summary>
    public FrozenSet<string> Content { get; }

    /// <summary>Those among them that may be arrays.</summary>
    public FrozenSet<string> Lists { get; private init; } = [];

    /// <summary>Fields that ask for something else; a harmless value asks for nothing.</summary>
    public FrozenDictionary<string, (string[] Harmless, string Remedy)> Foreign { get; }

    /// <summary>Whether the name is a field, so that nothing of that name is an image.</summary>
    public bool IsField(string name) => IsRead(name) || Idle.Contains(name);

    /// <summary>Whether the name holds images or texts instead of a field.</summary>
    public bool IsContent(string name) => Content.Contains(name);

    /// <summary>Whether a field of that name is read.</summary>
    public bool IsRead(string name) => Known.Contains(FieldRules.Canonical(name));
}

/// <summary>
/// What becomes of each name in a request, so that nothing is dropped in silence: it is read; or refused, because it asks for another
/// vector or another answer than would be given, or is a misspelt name; or told as not read.
/// </summary>
internal static class FieldRules
{
    /// <summary>Jina's name of a field becomes ours.</summary>
    public static string Canonical(string name) => name == "normalized" ? "normalize" : name;

    /// <summary>Tells <paramref name="notes"/> of a field that is not read.</summary>
    /// <exception cref="ApiException">The field is refused.</exception>
    public static void Check(Saying said, FieldSet set, RequestNotes notes)
    {
        if (set.IsField(said.Name) || set.IsContent(said.Name))
            return;
        if (set.Foreign.TryGetValue(said.Name, out (string[] Harmless, string Remedy) rule))
        {
            if (said.Text is null || !rule.Harmless.Contains(said.Text))
                throw new ApiException(ApiCode.InvalidRequest, $"{said}, which is not served: {rule.Remedy}", said.Name);
            return;
        }
        if (Meant(said.Name, set) is { } known)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"'{Quote.Short(said.Name)}' in {said.Place} is no field; it is close to '{known}': correct it, or leave it out",
                said.Name);
        }
        notes.Unread(said.Name);
    }

    /// <summary>The known field that a name was probably meant to be; null: none.</summary>
    private static string? Meant(string name, FieldSet set)
    {
        string plain = Plain(name);
        return set.Known.FirstOrDefault(known => Plain(known) is var wanted && Distance(plain, wanted) <= wanted.Length / 4);
    }

    private static string Plain(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    /// <summary>Levenshtein's distance; far apart where the lengths are.</summary>
    private static int Distance(string first, string second)
    {
        if (Math.Abs(first.Length - second.Length) > 3)
            return int.MaxValue;
        int[] row = [.. Enumerable.Range(0, second.Length + 1)];
        for (int i = 1; i <= first.Length; i++)
        {
            (int diagonal, row[0]) = (row[0], i);
            for (int j = 1; j <= second.Length; j++)
            {
                int changed = diagonal + (first[i - 1] == second[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[second.Length];
    }
}
