using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Clip;

/// <summary>
/// Patches without bias, a class token with a position, a norm before the first block, one of the class token, a projection.
/// </summary>
internal static class EncoderLayout
{
    /// <summary>The layout of a stored encoder.</summary>
    public static TowerLayout Read(TensorStore store, TowerNames names, CheckpointConfig config) =>
        Always(new TowerSurvey(store, names, config.Tower).Read(), ProjectionWidth(store));

    /// <summary>The layout of a shape, as published.</summary>
    public static TowerLayout From(EncoderArchitecture architecture) =>
        Always(TowerLayout.From(WeightBinder.Published, architecture), architecture.Poolings.HeadWidth);

    /// <summary>Width of the stored projection, which configs state in two places that may disagree; 0: there is none.</summary>
    public static int ProjectionWidth(TensorStore store) =>
        store.Tensors.TryGetValue(WeightBinder.Projection, out var projection) ? TensorCheck.Side(projection, 2, 0) : 0;

    private static TowerLayout Always(TowerLayout layout, int projection) => layout with
    {
        ClassToken = true,
        Position = true,
        PositionPrefix = 1,
        PatchBias = false,
        FinalNorm = false,
        NormBias = true,
        QueryBias = true,
        KeyBias = true,
        ValueBias = true,
        ProjectionBias = true,
        MlpBias = true,
        Head = WeightBinder.Head(layout.Names, layout.Width, projection),
    };
}
