using VitGrid.Model.Checkpoints;

namespace VitGrid.Server.Verbs.Models;

/// <summary>Looks for weights that are not numbers.</summary>
internal static class WeightScan
{
    /// <summary>Names of the stored tensors in which the encoder uses an infinity or NaN. Reads every weight once.</summary>
    public static IEnumerable<string> NotFinite(Checkpoint checkpoint, CancellationToken cancellationToken) =>
        Slices(checkpoint.Weights)
            .Where(slice =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                return !Array.TrueForAll(checkpoint.ReadFloats(slice), float.IsFinite);
            })
            .Select(slice => slice.Tensor.Name)
            .Distinct();

    /// <summary>Every weight of an encoder, in the order an image meets them.</summary>
    public static IEnumerable<WeightSlice> Slices(EncoderWeights weights) =>
        new[] { weights.ClassToken, weights.PositionEmbedding }
            .Concat(Of(weights.PatchEmbedding))
            .Concat(weights.Blocks.SelectMany(Of));

    private static IEnumerable<WeightSlice> Of(BlockWeights block) =>
    [
        .. Of(block.Norm1), .. Of(block.Query), .. Of(block.Key), .. Of(block.Value), .. Of(block.QueryNorm), .. Of(block.KeyNorm),
        .. Of(block.Projection), .. Of(block.LayerScale1), .. Of(block.Norm2), .. Of(block.Fc1), .. Of(block.Fc2), .. Of(block.LayerScale2),
    ];

    private static IEnumerable<WeightSlice> Of(LinearWeights linear) => [linear.Weight, .. Of(linear.Bias)];

    private static IEnumerable<WeightSlice> Of(NormWeights? norm) => norm is null ? [] : [norm.Weight, .. Of(norm.Bias)];

    private static IEnumerable<WeightSlice> Of(WeightSlice? slice) => slice is null ? [] : [slice];
}
