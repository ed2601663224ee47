using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.PerceptionEncoder;

/// <summary>
/// Patches → class token and positions → norm → blocks that turn queries and keys of patches besides, which <see cref="Towers.Tower"/>
/// builds.
/// Core goes on with a norm, an attention that pools and a projection, its embedding; lang and spatial end with the last block, and their
/// mean
/// is served.
/// </summary>
internal static class Encoder
{
    /// <summary>
    /// The rotations: columns first, of the grid in the architecture's name whatever size the model runs at; patches are counted from 1
    /// where
    /// there is a class token.
    /// </summary>
    public static RotaryFacts Rotary(int grid, bool hasClassToken) =>
        new(RotaryPairs.Neighbours, 10000) { Grid = grid, Offset = hasClassToken ? 1 : 0, ColumnsFirst = true };

    /// <summary>The poolings of core.</summary>
    public static PoolingFacts Poolings(bool classToken, int projection) =>
        new() { ClassToken = classToken, HeadWidth = projection, Default = Pooling.Head };
}
