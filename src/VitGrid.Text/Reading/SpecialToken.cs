using System.Text.Json;

namespace VitGrid.Text.Reading;

/// <summary>A special token as a folder's files name it: a string, or an object that says how it is sought.</summary>
/// <param name="Content">How it is written.</param>
/// <param name="IsNormalized">Whether it is sought in the normalized text; a bare string is not.</param>
internal sealed record SpecialToken(string Content, bool IsNormalized)
{
    /// <summary>Reads one; null: there is none.</summary>
    public static SpecialToken? Read(JsonElement root, string name)
    {
        if (root.Text(name) is { } text)
            return new(text, IsNormalized: false);
        return root.Object(name) is { } token && token.Text("content") is { } content
            ? new(content, token.Flag("normalized") ?? true)
            : null;
    }
}
