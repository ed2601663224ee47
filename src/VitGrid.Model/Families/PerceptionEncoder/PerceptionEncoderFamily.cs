using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.PerceptionEncoder;

/// <summary>Perception Encoder, core, lang and spatial: under timm's names.</summary>
internal sealed class PerceptionEncoderFamily : TowerFamily
{
    /// <inheritdoc/>
    public override string Name => "Perception Encoder";

    /// <inheritdoc/>
    public override string KnownConfigs => CheckpointConfig.Known;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, EncoderArchitecture> Shapes => PublishedShapes.All;

    /// <inheritdoc/>
    protected override IEnumerable<TowerNames> Schemes => WeightBinder.Schemes;

    /// <inheritdoc/>
    public override bool Claims(JsonSection config, IReadOnlySet<string> tensors) => CheckpointConfig.Claims(config);

    /// <inheritdoc/>
    public override EncoderModel Read(CheckpointFiles files) =>
        TimmTower.Read(files, CheckpointConfig.FindTimm(files.Config.Text("architecture"))!, PreprocessingReader.Read);

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) =>
        [.. EncoderLayout.From(architecture).Tensors().Select(tensor => tensor.Tensor)];

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        CheckpointConfig.Write(directory, architecture, type);
}
