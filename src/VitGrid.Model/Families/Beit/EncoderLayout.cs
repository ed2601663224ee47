using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Beit;

/// <summary>A class token, relative positions, layer scale in every block, keys without bias; a norm of tokens or of their mean.</summary>
internal static class EncoderLayout
{
    /// <summary>The layout of a stored encoder.</summary>
    public static TowerLayout Read(TensorStore store, TowerNames names, CheckpointConfig config)
    {
        TowerLayout layout = Always(new TowerSurvey(store, names, config.Tower).Read()) with
        {
            Position = config.HasPositions,
            FinalNorm = !config.PoolsMean,
            RelativePosition = config.HasRelative,
            SharedRelativePosition = config.SharesRelative,
        };
        bool hasPooler = store.Tensors.ContainsKey(names.Outer(WeightBinder.MeanNorm + ".weight"));
        return layout with
        {
            Head =
            [
                .. config.PoolsMean && hasPooler ? WeightBinder.PooledNorm(names, layout.Width) : [],
                .. WeightBinder.HasTaskNorm(store, names) ? WeightBinder.TaskNorm(layout.Width) : [],
            ],
        };
    }

    /// <summary>The layout of a shape, as published.</summary>
    public static TowerLayout From(EncoderArchitecture architecture)
    {
        TowerLayout layout = Always(TowerLayout.From(WeightBinder.Published, architecture));
        return layout with
        {
            Position = false,
            RelativePosition = true,
            Head = [.. WeightBinder.PooledNorm(layout.Names, layout.Width)],
        };
    }

    private static TowerLayout Always(TowerLayout layout) => layout with
    {
        ClassToken = true,
        PositionPrefix = 1,
        PatchBias = true,
        NormBias = true,
        QueryBias = true,
        KeyBias = false,
        ValueBias = true,
        ProjectionBias = true,
        MlpBias = true,
        LayerScale = true,
    };
}
