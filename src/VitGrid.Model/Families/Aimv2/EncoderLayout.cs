using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Aimv2;

/// <summary>No class token, a norm of embedded patches, RMS norms, a gated MLP, no bias in any block.</summary>
internal static class EncoderLayout
{
    /// <summary>The layout of a stored encoder.</summary>
    public static TowerLayout Read(TensorStore store, TowerNames names, CheckpointConfig config)
    {
        TowerLayout layout = Always(new TowerSurvey(store, names, config.Tower).Read());
        return config.HasHead ? layout with { Head = WeightBinder.Head(names, layout.Width) } : layout;
    }

    /// <summary>The layout of a shape, as published.</summary>
    public static TowerLayout From(EncoderArchitecture architecture) => Always(TowerLayout.From(WeightBinder.Published, architecture));

    private static TowerLayout Always(TowerLayout layout) => layout with
    {
        Position = true,
        PositionPrefix = 0,
        PatchBias = true,
        NormBias = false,
        QueryBias = false,
        KeyBias = false,
        ValueBias = false,
        ProjectionBias = false,
        MlpBias = false,
        Gated = true,
    };
}
