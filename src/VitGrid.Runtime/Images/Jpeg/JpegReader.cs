namespace VitGrid.Runtime.Images.Jpeg;

/// <summary>Reads a JPEG: libvips decodes it, and what its headers and its end say decides whether the reference would have.</summary>
internal static class JpegReader
{
    /// <summary>Decodes <paramref name="file"/>.</summary>
    /// <exception cref="ImageException">Damaged, too large or of a kind that is not read.</exception>
    public static Raster Read(ReadOnlySpan<byte> file, PreprocessProfile profile, ImageLimits limits)
    {
        JpegFrame? frame = JpegFrame.Read(file);
        frame?.CheckSupported();
        if (frame is { IsSingleScan: true } && !JpegEnd.IsReached(file, frame))
            throw ImageRefusal.Damaged(ImageFormat.Jpeg, $"of {file.Length} bytes is damaged: no valid marker follows its pixels");
        try
        {
            return VipsDecoder.Decode(file, ImageFormat.Jpeg, profile, limits);
        }
        catch (ImageException exception) when (exception.Fault == ImageFault.DecodeFailed && frame is { IsLossless: true })
        {
            throw JpegFrame.Unsupported("is compressed without loss");
        }
    }
}
