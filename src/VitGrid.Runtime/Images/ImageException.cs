namespace VitGrid.Runtime.Images;

/// <summary>Why an image was refused.</summary>
public enum ImageFault
{
    /// <summary>The content is not an image format that is served.</summary>
    UnsupportedFormat,

    /// <summary>The format is known; the content is damaged or cut off.</summary>
    DecodeFailed,

    /// <summary>The file's bytes, or the width and height its header claims, pass the limit.</summary>
    TooLarge,
}

/// <summary>An image that was refused. The message names the fact, the limit and the remedy.</summary>
public sealed class ImageException(ImageFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public ImageFault Fault { get; } = fault;
}
