namespace VitGrid.Runtime.Images;

/// <summary>Turns an encoded picture into the uint8 RGB pixels a segment takes. Stateless; any number of threads may call it.</summary>
public sealed class ImagePreprocessor(ImageLimits limits)
{
    /// <summary>
    /// Decodes <paramref name="file"/> and writes <c>profile.Size</c> pixels to <paramref name="pixels"/>, row-major RGB,
    /// <see cref="VitGrid.Model.Segments.InputSize.PixelBytes"/> bytes.
    /// </summary>
    /// <exception cref="ImageException">The picture is refused.</exception>
    public void Process(ReadOnlyMemory<byte> file, PreprocessProfile profile, Span<byte> pixels) =>
        throw new NotSupportedException(limits.ToString() + file + profile + pixels.Length);
}
