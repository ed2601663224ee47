using System.Text;

namespace VitGrid.Runtime.Images;

/// <summary>
/// The head of a data URI behind <c>data:</c>, as far as its comma: a media type, parameters, <c>;base64</c>. A parameter's value may be
/// quoted, and then holds commas, semicolons and escaped quotes; some clients put a file's name in without quotes. Source: RFC 2397.
/// </summary>
public static class DataUriHead
{
    /// <summary>The place of the comma that ends a head with <c>;base64</c>; −1: there is none.</summary>
    public static int LengthOf(ReadOnlySpan<byte> rest)
    {
        int unquoted = -1;
        for (int comma = -1; Next(rest, ref comma);)
        {
            if (!EndsWithBase64(rest[..comma]))
                continue;
            if (!IsInQuotes(rest[..comma]))
                return comma;
            // A quote that is never closed is part of a name.
            unquoted = unquoted < 0 ? comma : unquoted;
        }
        return unquoted;
    }

    /// <summary>The media type, which may be absent.</summary>
    public static ReadOnlySpan<byte> TypeIn(ReadOnlySpan<byte> head) => head[..head.IndexOf((byte)';')].Trim((byte)' ');

    /// <summary>Whether a label leaves it to the bytes, or says image: only for others must the bytes be known.</summary>
    public static bool IsImage(ReadOnlySpan<byte> type) => type.IsEmpty
        || Ascii.EqualsIgnoreCase(type[..Math.Min(6, type.Length)], "image/"u8)
        || Ascii.EqualsIgnoreCase(type, "application/octet-stream"u8)
        || Ascii.EqualsIgnoreCase(type, "binary/octet-stream"u8);

    private static bool Next(ReadOnlySpan<byte> rest, ref int comma)
    {
        int found = rest[(comma + 1)..].IndexOf((byte)',');
        comma = found < 0 ? rest.Length : comma + 1 + found;
        return found >= 0;
    }

    private static bool EndsWithBase64(ReadOnlySpan<byte> head) =>
        head.LastIndexOf((byte)';') is var at and >= 0 && Ascii.EqualsIgnoreCase(head[(at + 1)..].Trim((byte)' '), "base64"u8);

    private static bool IsInQuotes(ReadOnlySpan<byte> head)
    {
        bool inside = false;
        for (int i = 0; i < head.Length; i++)
        {
            if (head[i] == '\\' && inside)
                i++;
            else if (head[i] == '"')
                inside = !inside;
        }
        return inside;
    }
}
