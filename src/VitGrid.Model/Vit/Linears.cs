using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;

namespace VitGrid.Model.Vit;

/// <summary>Chooses the arithmetic of linear layers.</summary>
internal static class Linears
{
    /// <summary>The linear layers that the blocks' weights are stored for: in 8 bits or floating point.</summary>
    public static ILinears For(GraphWriter graph, EncoderWeights weights) =>
        weights.Blocks[0].Query.Scale is null ? new FloatLinears(graph) : new EightBitLinears(graph);
}
