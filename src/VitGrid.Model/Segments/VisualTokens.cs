using VitGrid.Model.Encoders;

namespace VitGrid.Model.Segments;

/// <summary>The tokens that a projector makes of one image.</summary>
/// <param name="Layer">The hidden state they are made of, 0…L.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Width">Numbers of one.</param>
public sealed record VisualTokens(int Layer, int Count, int Width)
{
    /// <summary>
    /// What <paramref name="projector"/> makes of images of <paramref name="size"/>; null where their grid is no whole number of squares.
    /// </summary>
    public static VisualTokens? From(VisualProjector projector, EncoderArchitecture architecture, InputSize size)
    {
        ArgumentNullException.ThrowIfNull(projector);
        ArgumentNullException.ThrowIfNull(architecture);
        int side = projector.Side, rows = size.Height / architecture.PatchSize, columns = size.Width / architecture.PatchSize;
        return rows % side == 0 && columns % side == 0 ? new(projector.Layer, rows / side * (columns / side), projector.Width) : null;
    }
}
