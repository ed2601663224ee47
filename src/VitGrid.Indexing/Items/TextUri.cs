using System.Text;
using VitGrid.Engine.Errors;

namespace VitGrid.Indexing.Items;

/// <summary>
/// <c>data:text/plain;charset=utf-8;base64,…</c> (RFC 2397): a text that is embedded instead of an image; with <c>truncate=error</c> among
/// its parameters it is refused where it is longer than the model reads.
/// </summary>
public static class TextUri
{
    private const string Start = "data:text/plain";
    private const string Refusing = ";truncate=error";

    /// <summary>The URI of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="truncate">Whether a longer one than the model reads is cut, as its class does.</param>
    public static string From(string text, bool truncate = true) =>
        $"{Start};charset=utf-8{(truncate ? "" : Refusing)};base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}";

    /// <summary>Whether a URI is a text's.</summary>
    internal static bool IsOne(string uri) =>
        uri.StartsWith(Start, StringComparison.OrdinalIgnoreCase) && uri.Length > Start.Length && uri[Start.Length] is ';' or ',';

    /// <summary>Reads the text.</summary>
    /// <exception cref="ItemException">It is no text.</exception>
    internal static (string Text, bool Truncate) Read(string uri)
    {
        byte[] utf8 = DataUri.Read(uri);
        bool truncate = !uri.AsSpan(0, uri.IndexOf(',', StringComparison.Ordinal)).Contains(Refusing, StringComparison.OrdinalIgnoreCase);
        try
        {
            return (new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8), truncate);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ItemException(ItemFault.Poison(
                ApiCode.InvalidUri, $"the data: URI of a text holds bytes that are not UTF-8 ({exception.Message}); encode it as UTF-8"));
        }
    }
}
