namespace VitGrid.Runtime.Images.Decoding;

/// <summary>Turns encoded images into the uint8 RGB pixels a segment takes: in this process, or in others that can be ended.</summary>
public interface IImageDecoder
{
    /// <summary>Says from a file's header what it takes to decode it.</summary>
    /// <exception cref="ImageException">The image is refused.</exception>
    DecodeCost Measure(ReadOnlySpan<byte> file, PreprocessProfile profile);

    /// <summary>Decodes an image and writes the profile's pixels, row-major RGB.</summary>
    /// <param name="order">The image.</param>
    /// <param name="pixels">As many bytes as the profile's size has, times <see cref="DecodeCost.Inputs"/>.</param>
    /// <param name="cancellationToken">Nobody waits any more, or the image has taken too long; a decoder that can end does.</param>
    /// <exception cref="ImageException">The image is refused.</exception>
    /// <exception cref="DecoderException">No decoder took it.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    void Decode(DecodeOrder order, Span<byte> pixels, CancellationToken cancellationToken);
}

/// <summary>An image to decode.</summary>
/// <param name="File">The encoded image.</param>
/// <param name="Profile">What it becomes.</param>
/// <param name="Cost">What <see cref="IImageDecoder.Measure"/> said of it.</param>
public sealed record DecodeOrder(ReadOnlyMemory<byte> File, PreprocessProfile Profile, DecodeCost Cost)
{
    /// <summary>Whether batches and other images go first, where decoding is a process's own.</summary>
    public bool StandsBack { get; init; } = Cost.IsLong;
}

/// <summary>No process could be started that decodes. The image is not at fault; the message names the cause and the remedy.</summary>
public sealed class DecoderException(string message, Exception? inner = null) : Exception(message, inner);
