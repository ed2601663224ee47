namespace VitGrid.Runtime.Images;

/// <summary>Words the two refusals of a known format: what is damaged, and what is sound but not read.</summary>
internal static class ImageRefusal
{
    /// <summary>Creates the refusal of a file that is damaged or cut off; <paramref name="what"/> continues "GIF image …".</summary>
    public static ImageException Damaged(ImageFormat format, string what, Exception? inner = null) => new(
        ImageFault.DecodeFailed, $"{format.Label()} image {what}; nothing of it is used: send the original file again", inner);

    /// <summary>Creates the refusal of a file of a kind that is not read; <paramref name="what"/> continues "GIF image …".</summary>
    public static ImageException Unsupported(ImageFormat format, string what, string remedy, Exception? inner = null) => new(
        ImageFault.UnsupportedFormat, $"{format.Label()} image {what}, which is not read: {remedy}", inner);
}
