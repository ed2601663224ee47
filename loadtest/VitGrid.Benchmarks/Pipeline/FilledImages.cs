using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Benchmarks.Pipeline;

/// <summary>A decoder that costs nothing: every pixel is the file's first byte.</summary>
internal sealed class FilledImages : IImageDecoder
{
    public DecodeCost Measure(ReadOnlySpan<byte> file, PreprocessProfile profile) => default;

    public void Decode(DecodeOrder order, Span<byte> pixels, CancellationToken cancellationToken) => pixels.Fill(order.File.Span[0]);
}
