using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>Image towers of OpenCLIP: its own, and those that timm makes; and its own text towers.</summary>
internal sealed class OpenClipFamily : TowerFamily
{
    /// <inheritdoc/>
    public override string Name => "OpenCLIP";

    /// <inheritdoc/>
    public override string KnownConfigs => CheckpointConfig.Known;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, EncoderArchitecture> Shapes => PublishedShapes.All;

    /// <inheritdoc/>
    protected override IEnumerable<TowerNames> Schemes => WeightBinder.Schemes;

    /// <inheritdoc/>
    protected override IEnumerable<TowerNames> TextSchemes => TextBinder.Schemes;

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

    /// <inheritdoc/>
    public override EncoderModel? ReadText(CheckpointFiles files)
    {
        TextTowerReader reader = new(files, TextBinder.Schemes);
        if (reader.Find() is not { } names)
            return null;
        TextProjection? projection = TextBinder.Projection(files.Store, names);
        return reader.Read(TextTowerConfig.Read(files.Config), names, projection, TextTowerReader.ReadLogits(files.Store));
    }

    /// <inheritdoc/>
    public override string SingleWeightFile => OpenClipFiles.Weights;

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) =>
        [.. EncoderLayout.From(architecture).Tensors().Select(tensor => tensor.Tensor)];

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        CheckpointConfig.Write(directory, architecture);
}
