using System.Buffers;
using System.Buffers.Text;
using System.Text;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>A picture given as text: a data URI or bare base64. Anything else is refused for what it is: a URL, or text.</summary>
internal static class PictureText
{
    /// <summary>The smallest picture file there is (a GIF of one pixel) is longer than this many bytes; shorter "base64" is a word.</summary>
    private const int ShorterThanAnyPicture = 26;

    /// <summary>So many base64 characters in a row are no accident: what follows is damage, not prose.</summary>
    private const int SurelyBase64 = 64;

    private const string Forms = "send a data:image/…;base64,… URI or bare base64, or POST the file itself with content-type image/*";

    public static PictureInput Read(ReadOnlySpan<byte> utf8, string param)
    {
        ReadOnlySpan<byte> text = utf8.Trim(" \t\r\n"u8);
        if (Ascii.EqualsIgnoreCase(text[..Math.Min(5, text.Length)], "data:"u8))
            return DataUri(text[5..], param);
        if (text[..Math.Min(16, text.Length)].IndexOf("://"u8) > 0)
            return Url(text, param);
        return Bare(text, param);
    }

    private static PictureInput DataUri(ReadOnlySpan<byte> rest, string param)
    {
        int comma = rest.IndexOf((byte)',');
        ReadOnlySpan<byte> header = comma < 0 ? rest : rest[..comma];
        if (comma < 0 || !EndsWithIgnoreCase(header, ";base64"u8))
        {
            return PictureInput.Refused(param, ApiCode.InvalidRequest,
                $"{param} is a data URI without ';base64,' (it begins 'data:{Excerpt(header)}'); encode the picture as data:image/…;base64,…");
        }
        ReadOnlySpan<byte> type = header[..header.IndexOf((byte)';')];
        if (!IsPictureType(type))
        {
            return PictureInput.Refused(param, ApiCode.UnsupportedModality,
                $"{param} is of type '{Excerpt(type)}'; this server embeds pictures only: send data:image/…;base64,…");
        }
        return Decode(rest[(comma + 1)..], param, out int valid) ?? Damaged(valid, param);
    }

    private static PictureInput Bare(ReadOnlySpan<byte> text, string param)
    {
        int valid = 0;
        // Base64 may be broken into lines, but a blank is prose.
        if (text.IndexOf((byte)' ') < 0
            && Decode(text, param, out valid) is { } picture
            && (text.IsEmpty || picture.Bytes.Length >= ShorterThanAnyPicture))
            return picture;
        if (valid >= SurelyBase64)
            return Damaged(valid, param);
        return PictureInput.Refused(param, ApiCode.UnsupportedModality,
            $"{param} is text ('{Excerpt(text)}'); this server embeds pictures, not text: {Forms}");
    }

    private static PictureInput Url(ReadOnlySpan<byte> text, string param) => PictureInput.Refused(param, ApiCode.UrlNotAllowed,
        $"{param} is a URL ('{Excerpt(text)}') and this server fetches none; {Forms}");

    private static PictureInput Damaged(int valid, string param) => PictureInput.Refused(param, ApiCode.ImageDecodeFailed,
        $"{param} is not valid base64: it breaks off or holds a foreign character at or after character {valid + 1}; encode the file's bytes with '+', '/' and '=' padding");

    private static PictureInput? Decode(ReadOnlySpan<byte> base64, string param, out int valid)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(Base64.GetMaxDecodedFromUtf8Length(base64.Length));
        OperationStatus status = Base64.DecodeFromUtf8(base64, bytes, out valid, out int written);
        return status == OperationStatus.Done ? PictureInput.Of(param, bytes.AsMemory(0, written)) : null;
    }

    private static bool IsPictureType(ReadOnlySpan<byte> type) => type.IsEmpty
        || Ascii.EqualsIgnoreCase(type[..Math.Min(6, type.Length)], "image/"u8)
        || Ascii.EqualsIgnoreCase(type, "application/octet-stream"u8);

    private static bool EndsWithIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> end) =>
        text.Length >= end.Length && Ascii.EqualsIgnoreCase(text[^end.Length..], end);

    private static string Excerpt(ReadOnlySpan<byte> text) => Quote.Short(Encoding.UTF8.GetString(text[..Math.Min(64, text.Length)]));
}
