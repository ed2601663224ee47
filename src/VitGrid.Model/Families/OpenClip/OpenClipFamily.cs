using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>Image towers of OpenCLIP: its own, and those that timm makes.</summary>
internal sealed class OpenClipFamily : TowerFamily
{
    /// <inheritdoc/>
    public override string Name => "OpenCLIP";

    /// <inheritdoc/>
    public override string KnownConfigs => CheckpointConfig.Known;

    /// <inheritdoc/>
    protected override IEnumerable<TowerNames> Schemes => WeightBinder.Schemes;

    /// <inheritdoc/>
    public override bool Claims(JsonSection config, IReadOnlySet<string> tensors) => CheckpointConfig.Claims(config);

    /// <inheritdoc/>
    public override EncoderModel Read(CheckpointFiles files)
    {
        CheckpointConfig config = CheckpointConfig.Read(files.Config);
        TowerPlan plan = config.Trunk is { } trunk ? EncoderLayout.PlanTrunk(files, config, trunk) : EncoderLayout.Plan(files, config);
        return TowerReader.Read(files, plan with
        {
            Preprocessing = shape => PreprocessingReader.Read(files.Config, shape),
            PooledNames = Encoder.PooledNames(plan.Poolings),
        });
    }
}
