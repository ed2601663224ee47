using VitGrid.Model.Checkpoints;
using VitGrid.Model.Checkpoints.Safetensors;

namespace VitGrid.Model.EightBits;

/// <summary>Finds an encoder's weights in a file of 8-bit ones. Layer scales are part of the matrices there.</summary>
internal sealed class EightBitBinder(SafetensorsFile file, string outer)
{
    public EncoderWeights Bind(Checkpoint source) => new(
        Slice(outer + "class_token")!,
        Slice(outer + "position_embedding")!,
        Linear(outer + "patch_embedding"),
        [.. source.Weights.Blocks.Select((_, i) => Block(EightBitFile.Block(i)))]);

    private BlockWeights Block(string prefix) => new(
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
        LayerScale2: null);

    private NormWeights? Norm(string name) => Slice(name + ".weight") is { } weight ? new(weight, Slice(name + ".bias")) : null;

    private LinearWeights Linear(string name) => new(Slice(name + ".weight")!, Slice(name + ".bias"), Slice(name + ".scale"));

    private WeightSlice? Slice(string name) => file.Tensors.TryGetValue(name, out TensorEntry? tensor) ? WeightSlice.Whole(tensor) : null;
}
