using System.Collections.Immutable;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.EightBits;

/// <summary>Finds an encoder's weights in a file of 8-bit ones. Layer scales are part of the matrices there.</summary>
internal sealed class EightBitBinder(SafetensorsFile file, string outer)
{
    public EncoderWeights Bind(Checkpoint source) => new(
        Slice(outer + "class_token"),
        Slice(outer + "position_embedding"),
        source.Weights.PatchEmbedding is null ? null : Linear(outer + "patch_embedding"),
        [.. source.Weights.Blocks.Select((block, i) => Block(EightBitFile.Block(i), block))])
    {
        Others = Others(outer, source.Weights.Others),
    };

    /// <summary>
    /// Whether a weight stays where it is: a table of which a text looks up a few rows would only be written a second time.
    /// </summary>
    public static bool StaysInSource(string role) => role == EncoderWeights.TokenEmbedding;

    private BlockWeights Block(string prefix, BlockWeights source) => new(
        Norm(prefix + "norm1")!,
        Linear(prefix + "query"),
        Linear(prefix + "key"),
        Linear(prefix + "value"),
        Norm(prefix + "query_norm"),
        Norm(prefix + "key_norm"),
        Linear(prefix + "projection"),
        LayerScale1: null,
        Norm(prefix + "norm2")!,
        Linear(prefix + "fc1"),
        Linear(prefix + "fc2"),
        LayerScale2: null)
    {
        Gate = source.Gate is null ? null : Linear(prefix + "gate"),
        AttentionNorm = Norm(prefix + "attention_norm"),
        MlpNorm = Norm(prefix + "mlp_norm"),
        Others = Others(prefix, source.Others),
    };

    private ImmutableArray<RoleWeight> Others(string prefix, IEnumerable<RoleWeight> others) =>
        [.. others.Select(weight => StaysInSource(weight.Role) ? weight : weight with { Slice = Slice(prefix + weight.Role)! })];

    private NormWeights? Norm(string name) => Slice(name + ".weight") is { } weight ? new(weight, Slice(name + ".bias")) : null;

    private LinearWeights Linear(string name) => new(Slice(name + ".weight")!, Slice(name + ".bias"), Slice(name + ".scale"));

    private WeightSlice? Slice(string name) => file.Tensors.TryGetValue(name, out TensorEntry? tensor) ? WeightSlice.Whole(tensor) : null;
}
