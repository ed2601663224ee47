namespace VitGrid.Runtime.Images;

/// <summary>The image formats that are served.</summary>
internal enum ImageFormat
{
    Jpeg,
    Png,
    Gif,
    WebP,
    Tiff,
    Bmp,
}

/// <summary>Tells an image's format by its first bytes; names and content types are not asked.</summary>
internal static class ImageSignature
{
    private const string Served = "JPEG, PNG, GIF, WebP, TIFF or BMP";

    // Latin-1 characters; '?' stands for any byte.
    private static readonly (ImageFormat Format, string Bytes)[] Signatures =
    [
        (ImageFormat.Jpeg, "\u00ff\u00d8\u00ff"),
        (ImageFormat.Png, "\u0089PNG\r\n\u001a\n"),
        (ImageFormat.Gif, "GIF87a"),
        (ImageFormat.Gif, "GIF89a"),
        (ImageFormat.WebP, "RIFF????WEBP"),
        (ImageFormat.Tiff, "II*\0"),
        (ImageFormat.Tiff, "MM\0*"),
        (ImageFormat.Tiff, "II+\0"),
        (ImageFormat.Tiff, "MM\0+"),
        (ImageFormat.Bmp, "BM"),
    ];

    /// <summary>The format of <paramref name="file"/>.</summary>
    /// <exception cref="ImageException">Not an image format that is served, or cut off within the first bytes of one.</exception>
    public static ImageFormat Detect(ReadOnlySpan<byte> file)
    {
        foreach ((ImageFormat format, string bytes) in Signatures)
        {
            if (!Matches(file, bytes))
                continue;
            if (file.Length < bytes.Length)
                throw new ImageException(ImageFault.DecodeFailed,
                    $"image ends after {file.Length} bytes, within the first {bytes.Length} that tell a {format.Label()} file: "
                    + "send the whole file");
            return format;
        }
        throw new ImageException(ImageFault.UnsupportedFormat, $"{Describe(file)} is not a supported image: send {Served}");
    }

    /// <summary>
    /// The format that the first bytes tell, all of its signature; null for any other content. Two letters alone tell no BMP.
    /// </summary>
    public static ImageFormat? Find(ReadOnlySpan<byte> file)
    {
        foreach ((ImageFormat format, string bytes) in Signatures)
        {
            if (file.Length >= bytes.Length && Matches(file, bytes) && (format != ImageFormat.Bmp || HasBmpHeader(file)))
                return format;
        }
        return null;
    }

    /// <summary>The format's name as people write it.</summary>
    public static string Label(this ImageFormat format) => format == ImageFormat.WebP ? "WebP" : format.ToString().ToUpperInvariant();

    private static bool Matches(ReadOnlySpan<byte> file, string signature)
    {
        int length = Math.Min(file.Length, signature.Length);
        for (int i = 0; i < length; i++)
        {
            if (signature[i] != '?' && signature[i] != file[i])
                return false;
        }
        return length > 0;
    }

    /// <summary>The length of the second header is one of few numbers: 12 to 124.</summary>
    private static bool HasBmpHeader(ReadOnlySpan<byte> file) =>
        file.Length >= 18 && file[14] is >= 12 and <= 124 && file[15..18].IndexOfAnyExcept((byte)0) < 0;

    private static string Describe(ReadOnlySpan<byte> file) => file.IsEmpty
        ? "an empty file (0 bytes)"
        : $"a file of {file.Length} bytes that begins with {Convert.ToHexString(file[..Math.Min(file.Length, 8)])}";
}
