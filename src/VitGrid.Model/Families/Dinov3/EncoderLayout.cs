using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Dinov3;

/// <summary>
/// A class token, registers, no stored positions, layer scale in every block, keys without bias, a norm after the last block.
/// </summary>
internal static class EncoderLayout
{
    /// <summary>The layout of a stored encoder.</summary>
    public static TowerLayout Read(TensorStore store, TowerNames names, CheckpointConfig config) =>
        Always(new TowerSurvey(store, names, config.Tower).Read()) with
        {
            Registers = config.Registers,
            Gated = config.IsGated,
            QueryBias = config.Biases.Query,
            KeyBias = config.Biases.Key,
            ValueBias = config.Biases.Value,
            ProjectionBias = config.Biases.Projection,
            MlpBias = config.Biases.Mlp,
        };

    /// <summary>The layout of a shape, as published.</summary>
    public static TowerLayout From(EncoderArchitecture architecture) =>
        Always(TowerLayout.From(WeightBinder.Published, architecture)) with { KeyBias = false };

    private static TowerLayout Always(TowerLayout layout) => layout with
    {
        ClassToken = true,
        Position = false,
        LayerScale = true,
        PatchBias = true,
        NormBias = true,
    };
}
