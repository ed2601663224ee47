using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Dinov2;

/// <summary>A class token with a position, registers without, layer scale in every block, a norm after the last.</summary>
internal static class EncoderLayout
{
    /// <summary>The layout of a stored encoder.</summary>
    public static TowerLayout Read(TensorStore store, TowerNames names, CheckpointConfig config) =>
        Always(new TowerSurvey(store, names, config.Tower).Read()) with
        {
            Registers = config.Registers,
            Gated = config.IsGated,
        };

    /// <summary>The layout of a shape, as published.</summary>
    public static TowerLayout From(EncoderArchitecture architecture) => Always(TowerLayout.From(
        architecture.GatedMlp ? WeightBinder.PublishedGated : WeightBinder.Published, architecture));

    private static TowerLayout Always(TowerLayout layout) => layout with
    {
        ClassToken = true,
        Position = true,
        PositionPrefix = 1,
        LayerScale = true,
        PatchBias = true,
        NormBias = true,
        ProjectionBias = true,
        MlpBias = true,
    };
}
