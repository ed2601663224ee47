using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Eva02;

/// <summary>
/// Patches → class token and positions → blocks that turn queries and keys of patches besides, which <see cref="Towers.Tower"/> builds. The
/// embedding is the norm of the patches' mean; of CLIP's towers a projection of the class token after a norm of all tokens.
/// </summary>
internal static class Encoder
{
    /// <summary>The rotations: of a grid of 16 × 16, to which every other one is stretched.</summary>
    public static RotaryFacts Rotary { get; } = new(RotaryPairs.Neighbours, 10000) { Grid = 16 };

    /// <summary>The poolings of those that are no towers of CLIP.</summary>
    public static PoolingFacts Poolings(int width) => new() { HeadWidth = width, Default = Pooling.Head };
}
