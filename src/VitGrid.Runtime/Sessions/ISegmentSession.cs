using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Sessions;

/// <summary>One segment loaded on one device. Not thread-safe: its device's thread drives it.</summary>
public interface ISegmentSession : IDisposable
{
    /// <summary>The blocks it holds.</summary>
    BlockRange Blocks { get; }

    /// <summary>Runs a first segment on <paramref name="images"/>, each H·W·3 bytes of RGB, row-major.</summary>
    Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images);

    /// <summary>Runs a first segment on normalised planes [B, 3, H, W].</summary>
    Activation RunPixelValues(float[] planes);

    /// <summary>
    /// Runs a later segment on what the one before made, wherever that lies. <paramref name="input"/> stays the caller's to dispose.
    /// </summary>
    /// <exception cref="ArgumentException">The hidden state is of another shape or element type than this segment takes.</exception>
    Activation Run(Activation input);
}
