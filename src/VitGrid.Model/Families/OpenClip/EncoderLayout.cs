using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>
/// Its own tower: patches without bias, a class token with a position, a norm before the first block and after the last, a projection by
/// columns. Or a timm encoder, and what follows it.
/// </summary>
internal static class EncoderLayout
{
    /// <summary>Reads its own tower.</summary>
    public static TowerPlan Plan(CheckpointFiles files, CheckpointConfig config)
    {
        int projection = files.Store.Tensors.TryGetValue(WeightBinder.Projection, out TensorEntry? stored)
            ? TensorCheck.Side(stored, 2, 1) : 0;
        TowerLayout layout = Always(new TowerSurvey(files.Store, WeightBinder.Own, config.Tower).Read());
        return new()
        {
            Layout = layout with { Head = WeightBinder.Head(layout.Width, projection) },
            Config = config.Tower,
            Interpolation = PositionInterpolation.Timm,
            Facts = Encoder.Facts(config.Tower.Function),
            Poolings = Encoder.Poolings(projection),
            Preprocessing = _ => throw new InvalidOperationException("the family says how images are prepared"),
        };
    }

    /// <summary>The layout of a shape, as published.</summary>
    public static TowerLayout From(EncoderArchitecture architecture) => Always(TowerLayout.From(WeightBinder.Own, architecture)) with
    {
        Head = WeightBinder.Head(architecture.Width, architecture.Poolings.HeadWidth),
    };

    private static TowerLayout Always(TowerLayout layout) => layout with
    {
        ClassToken = true,
        Position = true,
        PositionPrefix = 1,
        PatchBias = false,
        NormBias = true,
        QueryBias = true,
        KeyBias = true,
        ValueBias = true,
        ProjectionBias = true,
        MlpBias = true,
    };

    /// <summary>Reads a timm encoder.</summary>
    public static TowerPlan PlanTrunk(CheckpointFiles files, CheckpointConfig config, TimmTrunk trunk)
    {
        bool ownHead = trunk.Projection.Length == 0 && files.Store.Tensors.ContainsKey(WeightBinder.Trunk + "head.weight");
        TowerPlan plan = TimmTower.Plan(files, WeightBinder.Trunk, trunk.Config, trunk.Architecture, ownHead);
        if (trunk.Projection != "linear")
            return plan;
        if (!files.Store.Tensors.TryGetValue(WeightBinder.TrunkProjection, out TensorEntry? stored))
            throw config.Preprocessing.Refuse(
                "preprocess_cfg", $"tensor {WeightBinder.TrunkProjection}, which \"timm_proj\" calls for, is missing");
        int projection = TensorCheck.Side(stored, 2, 0);
        return plan with
        {
            Layout = plan.Layout with { Head = [.. plan.Layout.Head, .. WeightBinder.LinearHead(plan.Layout.Width, projection)] },
            Poolings = plan.Poolings with { HeadWidth = projection, Default = Pooling.Head },
        };
    }
}
