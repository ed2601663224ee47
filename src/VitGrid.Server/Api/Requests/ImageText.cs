using System.Buffers;
using System.Buffers.Text;
using System.Text;
using VitGrid.Engine.Errors;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// An input given as a string: an image as a data URI, bare base64 or a URL, or else words. The image takes its string's place.
/// <para>A string that begins with <c>data:</c>, or with a scheme and <c>://</c>, or is base64 without blanks that is an image or too long
/// to be a word, is an image, be it damaged. Everything else is words; <c>{"text":"…"}</c> always is.</para>
/// </summary>
internal static class ImageText
{
    /// <summary>So many base64 characters in a row are no accident: they are an image, or one that was damaged.</summary>
    private const int SurelyBase64 = 64;

    private const int MaxUrlBytes = 8_192;

    private const int MaxSchemeBytes = 16;

    private static readonly SearchValues<byte> SchemeBytes =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."u8);

    /// <summary>How an image is sent.</summary>
    public const string Forms = "a data:image/…;base64,… URI or bare base64, or POST the file itself with content-type image/*";

    /// <param name="utf8">The text; overwritten by the image.</param>
    /// <param name="param">Where it stood in the request.</param>
    /// <param name="buffer">The memory that <paramref name="utf8"/> lies in.</param>
    public static ImageInput Read(Memory<byte> utf8, string param, SharedBuffer buffer)
    {
        Memory<byte> text = utf8.Trim(" \t\r\n"u8);
        if (Ascii.EqualsIgnoreCase(text.Span[..Math.Min(5, text.Length)], "data:"u8))
            return DataUri(text[5..], param, buffer);
        if (IsAddress(text.Span))
            return Address(text.Span, param);
        return Bare(utf8, text, param, buffer);
    }

    /// <summary>An input that was named as an image: words in its place are a mistake.</summary>
    public static ImageInput Alone(ImageInput input, string forms = Forms) => input.Words is not { } text ? input : ImageInput.Refused(
        input.Param, ApiCode.UnsupportedModality,
        $"{input.Param} is {(text.Words is null ? "an array of token ids" : $"text ('{Quote.Short(text.Words)}')")} where an image is "
            + $"expected; send {forms}");

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
                + "encode the image as data:image/…;base64,…, or send {\"text\":\"…\"} if it is text");
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

    /// <summary>Whether it begins as a URL does: a scheme (RFC 3986) and <c>://</c>.</summary>
    private static bool IsAddress(ReadOnlySpan<byte> text)
    {
        int end = text[..Math.Min(MaxSchemeBytes, text.Length)].IndexOf("://"u8);
        return end > 0 && char.IsAsciiLetter((char)text[0]) && !text[..end].ContainsAnyExcept(SchemeBytes);
    }

    private static ImageInput Bare(Memory<byte> whole, Memory<byte> text, string param, SharedBuffer buffer)
    {
        // Base64 may be broken into lines, but a blank is prose.
        bool hasBlank = text.Span.Contains((byte)' ');
        if (!hasBlank && Base64.IsValid(text.Span) && (ValidPart(text.Span) >= SurelyBase64 || IsImage(text.Span)))
            return Decoded(text, param, buffer);
        int good = hasBlank ? 0 : ValidPart(text.Span);
        return good >= SurelyBase64 ? Damaged(good, param) : TextInput.From(param, whole.Span);
    }

    /// <summary>Whether short base64, of which a word might be made too, is an image.</summary>
    private static bool IsImage(ReadOnlySpan<byte> base64)
    {
        Span<byte> image = stackalloc byte[SurelyBase64];
        return Base64.DecodeFromUtf8(base64, image, out _, out int length) == OperationStatus.Done
            && ImagePreprocessor.Recognises(image[..length]);
    }

    private static ImageInput Damaged(int valid, string param) => ImageInput.Refused(param, ApiCode.ImageDecodeFailed,
        $"{param} is not valid base64: it breaks off or holds a foreign character at or after character {valid + 1}; encode the file's "
            + "bytes with '+', '/' and '=' padding, or send {\"text\":\"…\"} if it is text");

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
