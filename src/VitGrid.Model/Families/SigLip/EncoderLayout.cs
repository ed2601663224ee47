using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.SigLip;

/// <summary>No class token, a position for each patch, a norm after the last block, and mostly an attention that pools.</summary>
internal static class EncoderLayout
{
    /// <summary>Whether there is a head: what the config says, else whether its query is stored (copies in chat models lack it).</summary>
    public static bool HasHead(TensorStore store, TowerNames names, CheckpointConfig config) =>
        config.StatesHead ?? store.Tensors.ContainsKey(names.Outer(WeightBinder.Probe));

    /// <summary>The layout of a stored encoder.</summary>
    public static TowerLayout Read(TensorStore store, TowerNames names, CheckpointConfig config, bool hasHead)
    {
        TowerLayout layout = Always(new TowerSurvey(store, names, config.Tower).Read());
        string fc1 = names.Outer(WeightBinder.HeadFc1 + ".weight");
        int mlpWidth = store.Tensors.TryGetValue(fc1, out TensorEntry? stored) ? TensorCheck.Side(stored, 2, 0) : layout.MlpWidth;
        return hasHead ? layout with { Head = WeightBinder.Head(names, layout.Width, mlpWidth) } : layout;
    }

    /// <summary>The layout of a shape, as published.</summary>
    public static TowerLayout From(EncoderArchitecture architecture)
    {
        TowerLayout layout = Always(TowerLayout.From(WeightBinder.Published, architecture));
        return layout with { Head = WeightBinder.Head(layout.Names, layout.Width, layout.MlpWidth) };
    }

    private static TowerLayout Always(TowerLayout layout) => layout with
    {
        Position = true,
        PositionPrefix = 0,
        PatchBias = true,
        NormBias = true,
        QueryBias = true,
        KeyBias = true,
        ValueBias = true,
        ProjectionBias = true,
        MlpBias = true,
    };
}
