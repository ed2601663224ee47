using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Testing;

/// <summary>A decoder that draws pixels as a test says; the file need not be an image.</summary>
internal sealed class DrawnImages(DrawImage draw) : IImageDecoder
{
    public DecodeCost Measure(ReadOnlySpan<byte> file, PreprocessProfile profile) => default;

    public void Decode(DecodeOrder order, Span<byte> pixels, CancellationToken cancellationToken) => draw(order.File.Span, pixels);
}

/// <summary>Fills pixels by a file.</summary>
internal delegate void DrawImage(ReadOnlySpan<byte> file, Span<byte> pixels);
