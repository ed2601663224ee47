using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Vit;

/// <summary>
/// A class token, DeiT's second one, positions for all, a norm after the last block, and a dense layer where one is stored.
/// </summary>
internal static class EncoderLayout
{
    /// <summary>The layout of a stored encoder.</summary>
    public static TowerLayout Read(TensorStore store, TowerNames names, CheckpointConfig config)
    {
        if (config.IsDistilled)
        {
            // Without it positions would seem to be for another number of tokens.
            ExpectedTensor second = new(names.Outer(names.DistillationToken!), WeightKind.Token, []);
            TensorCheck.RequireAll(store, [second], config.Tower.Depth!.Value, config.Tower.Depth);
        }
        TowerLayout layout = new TowerSurvey(store, names, config.Tower).Read();
        return Always(layout, hasPooler: store.Tensors.ContainsKey(names.Outer(WeightBinder.Dense + ".weight"))) with
        {
            DistillationToken = config.IsDistilled,
            PositionPrefix = config.IsDistilled ? 2 : 1,
            QueryBias = config.QueryBias,
            KeyBias = config.QueryBias,
            ValueBias = config.QueryBias,
        };
    }

    /// <summary>The layout of a shape, as published.</summary>
    public static TowerLayout From(EncoderArchitecture architecture) =>
        Always(TowerLayout.From(BertNames.Published, architecture), architecture.Poolings.HeadWidth > 0);

    private static TowerLayout Always(TowerLayout layout, bool hasPooler) => layout with
    {
        ClassToken = true,
        Position = true,
        PatchBias = true,
        NormBias = true,
        ProjectionBias = true,
        MlpBias = true,
        Head = hasPooler ? WeightBinder.Head(layout.Names, layout.Width) : [],
    };
}
