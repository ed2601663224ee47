using System.Buffers;
using System.Buffers.Text;
using System.Text;
using VitGrid.Engine.Errors;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// An image given as text: a data URI, bare base64, or a URL. Anything else is refused as text. The image takes its text's place.
/// </summary>
internal static class ImageText
{
    /// <summary>The smallest image file there is (a GIF of one pixel) is longer than this many bytes; shorter "base64" is a word.</summary>
    private const int ShorterThanAnyImage = 26;

    /// <summary>So many base64 characters in a row are no accident: what follows is damage, not prose.</summary>
    private const int SurelyBase64 = 64;

    private const int MaxUrlBytes = 8_192;

    private const string Forms = "send a data:image/…;base64,… URI or bare base64, or POST the file itself with content-type image/*";

    /// <param name="utf8">The text; overwritten by the image.</param>
    /// <param name="param">Where it stood in the request.</param>
    /// <param name="buffer">The memory that <paramref name="utf8"/> lies in.</param>
    public static ImageInput Read(Memory<byte> utf8, string param, SharedBuffer buffer)
    {
        Memory<byte> text = utf8.Trim(" \t\r\n"u8);
        if (Ascii.EqualsIgnoreCase(text.Span[..Math.Min(5, text.Length)], "data:"u8))
            return DataUri(text[5..], param, buffer);
        if (text.Span[..Math.Min(16, text.Length)].IndexOf("://"u8) > 0)
            return Address(text.Span, param);
        return Bare(text, param, buffer);
    }

    private static ImageInput Address(ReadOnlySpan<byte> url, string param) => url.Length <= MaxUrlBytes
        ? new(param, default, null, null) { Url = Encoding.UTF8.GetString(url) }
        : ImageInput.Refused(param, ApiCode.UrlNotAllowed,
            $"{param} is a URL of {url.Length:N0} bytes ('{Excerpt(url)}'), the limit is {MaxUrlBytes:N0}; send the image itself");

    private static ImageInput DataUri(Memory<byte> rest, string param, SharedBuffer buffer)
    {
        int comma = DataUriHead.LengthOf(rest.Span);
        if (comma < 0)
        {
            return ImageInput.Refused(param, ApiCode.InvalidRequest,
                $"{param} is a data URI without ';base64,' (it begins 'data:{Excerpt(rest.Span)}'); "
                + "encode the image as data:image/…;base64,…");
        }
        // The head is not overwritten: the image takes the place of its own text alone.
        ReadOnlySpan<byte> type = DataUriHead.TypeIn(rest.Span[..comma]);
        Memory<byte> base64 = rest[(comma + 1)..];
        if (!Base64.IsValid(base64.Span))
            return Damaged(ValidPart(base64.Span), param);
        _ = Base64.DecodeFromUtf8InPlace(base64.Span, out int length);
        // What the bytes are counts more than what the label calls them.
        return DataUriHead.IsImage(type) || ImagePreprocessor.Recognises(base64.Span[..length])
            ? ImageInput.From(param, base64[..length], buffer)
            : ImageInput.Refused(param, ApiCode.UnsupportedModality,
                $"{param} is of type '{Excerpt(type)}' and no image; this server embeds images only: send data:image/…;base64,…");
    }

    private static ImageInput Bare(Memory<byte> text, string param, SharedBuffer buffer)
    {
        bool valid = Base64.IsValid(text.Span, out int length);
        // Base64 may be broken into lines, but a blank is prose.
        if (valid && text.Span.IndexOf((byte)' ') < 0 && (text.IsEmpty || length >= ShorterThanAnyImage))
            return Decoded(text, param, buffer);
        int good = text.Span.IndexOf((byte)' ') < 0 ? ValidPart(text.Span) : 0;
        if (good >= SurelyBase64)
            return Damaged(good, param);
        return ImageInput.Refused(param, ApiCode.UnsupportedModality,
            $"{param} is text ('{Excerpt(text.Span)}'); this server embeds images, not text: {Forms}");
    }

    private static ImageInput Damaged(int valid, string param) => ImageInput.Refused(param, ApiCode.ImageDecodeFailed,
        $"{param} is not valid base64: it breaks off or holds a foreign character at or after character {valid + 1}; encode the file's "
            + $"bytes with '+', '/' and '=' padding");

    private static ImageInput Decoded(Memory<byte> valid, string param, SharedBuffer buffer)
    {
        _ = Base64.DecodeFromUtf8InPlace(valid.Span, out int length);
        return ImageInput.From(param, valid[..length], buffer);
    }

    /// <summary>How many characters are good before the first that is not.</summary>
    private static int ValidPart(ReadOnlySpan<byte> base64)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(Base64.GetMaxDecodedFromUtf8Length(base64.Length));
        _ = Base64.DecodeFromUtf8(base64, scratch, out int valid, out _);
        ArrayPool<byte>.Shared.Return(scratch);
        return valid;
    }

    private static string Excerpt(ReadOnlySpan<byte> text) => Quote.Short(Encoding.UTF8.GetString(text[..Math.Min(64, text.Length)]));
}
