using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using VitGrid.Engine.Requests;

namespace VitGrid.Server.Api.Errors;

/// <summary>A client's own text inside a message: short, printable.</summary>
internal static class Quote
{
    /// <summary>Bytes of a text that is kept whole: no field takes one as long.</summary>
    private const int MaxKept = 4_096;

    /// <inheritdoc cref="QuotedText.Short"/>
    public static string Short(ReadOnlySpan<char> text) => QuotedText.Short(text);

    /// <summary>The same of UTF-8.</summary>
    public static string Utf8(ReadOnlySpan<byte> text) =>
        Short(Encoding.UTF8.GetString(text[..Math.Min(text.Length, 4 * QuotedText.Longest)]));

    /// <summary>A text of a client as it is, or its beginning where it is longer than any that a field takes.</summary>
    public static string Bounded(ReadOnlySpan<byte> utf8) =>
        utf8.Length <= MaxKept ? Encoding.UTF8.GetString(utf8) : Encoding.UTF8.GetString(utf8[..MaxKept]) + "…";

    /// <summary>The same of a JSON string, and of any other value as it is written.</summary>
    /// <exception cref="InvalidOperationException">The string is no text: not UTF-8, or half of a surrogate pair.</exception>
    public static string Bounded(JsonElement value)
    {
        bool isText = value.ValueKind == JsonValueKind.String;
        ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(value);
        return isText && raw.Length <= MaxKept ? value.GetString()! : Bounded(isText ? raw[1..^1] : raw);
    }
}
