using System.Collections.Frozen;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>
/// What becomes of each name in a request, so that nothing is dropped in silence: it is read; or refused, because it asks for another
/// vector or another answer than would be given, or is a misspelt name; or told as not read.
/// </summary>
internal static class FieldRules
{
    /// <summary>The fields that <see cref="FieldValues"/> reads.</summary>
    private static readonly FrozenSet<string> Known = FrozenSet.Create(
        StringComparer.Ordinal,
        "model", "encoding_format", "dimensions", "pooling", "layer", "normalize", "embedding_type", "priority", "timeout_ms", "cache",
        "preprocess", "exif", "on_error");

    /// <summary>Names that change nothing and are sent by clients on their own: OpenAI's user, Azure's version.</summary>
    private static readonly FrozenSet<string> Idle = FrozenSet.Create(StringComparer.Ordinal, "user", "api-version");

    /// <summary>
    /// Fields of Jina's, vLLM's, Cohere's and Voyage's forms that ask for something else; a harmless value asks for nothing.
    /// </summary>
    private static readonly FrozenDictionary<string, (string[] Harmless, string Remedy)> Foreign =
        new Dictionary<string, (string[], string)>
    {
        ["late_chunking"] = (["false"], "an image is one vector and is not cut into chunks: leave it out"),
        ["return_multivector"] = (["false"], "an image is one vector: leave it out"),
        ["output_dimension"] = ([], "send dimensions"),
        ["output_dtype"] = (["float"], "send embedding_type"),
        ["embedding_types"] = ([], "send embedding_type, one of them"),
        ["embed_dtype"] = (["auto", "float32"], "send embedding_type"),
        ["endianness"] = (["native", "little"], "bytes are little-endian: leave it out"),
        ["mm_processor_kwargs"] = ([], "send preprocess"),
        ["image"] = ([], "send it as input"),
        ["images"] = ([], "send them as input"),
        ["image_url"] = ([], "send it as input"),
        ["inputs"] = ([], "send the images as input"),
        ["text"] = ([], "this server embeds images, not text: send images as input"),
        ["texts"] = ([], "this server embeds images, not text: send images as input"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether the name holds images instead of a field.</summary>
    public static bool IsContent(string name) => name is "input" or "messages";

    /// <summary>Whether the name is a field, so that nothing of that name is an image.</summary>
    public static bool IsField(string name) => IsRead(name) || Idle.Contains(name);

    /// <summary>Whether <see cref="FieldValues"/> reads a field of that name.</summary>
    public static bool IsRead(string name) => Known.Contains(Canonical(name));

    /// <summary>Jina's name of a field becomes ours.</summary>
    public static string Canonical(string name) => name == "normalized" ? "normalize" : name;

    /// <summary>Tells <paramref name="notes"/> of a field that is not read.</summary>
    /// <exception cref="ApiException">The field is refused.</exception>
    public static void Check(Saying said, RequestNotes notes)
    {
        if (IsField(said.Name) || IsContent(said.Name))
            return;
        if (Foreign.TryGetValue(said.Name, out (string[] Harmless, string Remedy) rule))
        {
            if (said.Text is null || !rule.Harmless.Contains(said.Text))
                throw new ApiException(ApiCode.InvalidRequest, $"{said}, which is not served: {rule.Remedy}", said.Name);
            return;
        }
        if (Meant(said.Name) is { } known)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"'{Quote.Short(said.Name)}' in {said.Place} is no field; it is close to '{known}': correct it, or leave it out",
                said.Name);
        }
        notes.Unread(said.Name);
    }

    /// <summary>The known field that a name was probably meant to be; null: none.</summary>
    private static string? Meant(string name)
    {
        string plain = Plain(name);
        return Known.FirstOrDefault(known => Plain(known) is var wanted && Distance(plain, wanted) <= wanted.Length / 4);
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
