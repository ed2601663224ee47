using System.Globalization;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Encoders;

/// <summary>All slices of an encoder with the names of their roles, in one fixed order whatever the stored names are.</summary>
internal static class WeightRoles
{
    public static IEnumerable<(string Role, WeightSlice Slice)> Enumerate(EncoderWeights weights)
    {
        IEnumerable<(string Role, WeightSlice? Slice)> outer =
        [
            ("class_token", weights.ClassToken),
            ("position_embedding", weights.PositionEmbedding),
            ("patch_embedding.weight", weights.PatchEmbedding?.Weight),
            ("patch_embedding.bias", weights.PatchEmbedding?.Bias),
        ];
        return outer
            .Concat(Others("", weights.Others))
            .Concat(weights.Blocks.SelectMany((block, index) => Block(block, index)))
            .Where(pair => pair.Slice is not null)
            .Select(pair => (pair.Role, pair.Slice!));
    }

    private static IEnumerable<(string Role, WeightSlice? Slice)> Block(BlockWeights block, int index)
    {
        (string Name, WeightSlice? Weight, WeightSlice? Bias)[] pairs =
        [
            ("norm1", block.Norm1.Weight, block.Norm1.Bias),
            ("query", block.Query.Weight, block.Query.Bias),
            ("key", block.Key.Weight, block.Key.Bias),
            ("value", block.Value.Weight, block.Value.Bias),
            ("query_norm", block.QueryNorm?.Weight, block.QueryNorm?.Bias),
            ("key_norm", block.KeyNorm?.Weight, block.KeyNorm?.Bias),
            ("attention_norm", block.AttentionNorm?.Weight, block.AttentionNorm?.Bias),
            ("projection", block.Projection.Weight, block.Projection.Bias),
            ("layer_scale1", block.LayerScale1, null),
            ("norm2", block.Norm2.Weight, block.Norm2.Bias),
            ("gate", block.Gate?.Weight, block.Gate?.Bias),
            ("fc1", block.Fc1.Weight, block.Fc1.Bias),
            ("mlp_norm", block.MlpNorm?.Weight, block.MlpNorm?.Bias),
            ("fc2", block.Fc2.Weight, block.Fc2.Bias),
            ("layer_scale2", block.LayerScale2, null),
        ];
        string prefix = string.Create(CultureInfo.InvariantCulture, $"block.{index}.");
        return pairs
            .SelectMany(pair => new[] { ($"{prefix}{pair.Name}.weight", pair.Weight), ($"{prefix}{pair.Name}.bias", pair.Bias) })
            .Concat(Others(prefix, block.Others));
    }

    private static IEnumerable<(string Role, WeightSlice? Slice)> Others(string prefix, IEnumerable<RoleWeight> others) =>
        others.Select(weight => (prefix + weight.Role, (WeightSlice?)weight.Slice));
}
