using VitGrid.Grains;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>Tells what fails one picture from what fails the run, with the codes that HTTP uses.</summary>
internal static class ItemErrors
{
    /// <summary>The item's error; null when <paramref name="failure"/> concerns the whole run.</summary>
    public static ItemError? Of(Exception failure) => failure switch
    {
        ImageException { Fault: ImageFault.UnsupportedFormat } => new("unsupported_image_format", failure.Message),
        ImageException { Fault: ImageFault.TooLarge } => new("image_too_large", failure.Message),
        ImageException => new("image_decode_failed", failure.Message),
        GridException { Fault: GridFault.DeadlineExceeded } => new("deadline_exceeded", failure.Message),
        FileNotFoundException or DirectoryNotFoundException => new("file_not_found", failure.Message),
        IOException or UnauthorizedAccessException => new("file_unreadable", failure.Message),
        _ => null,
    };
}
