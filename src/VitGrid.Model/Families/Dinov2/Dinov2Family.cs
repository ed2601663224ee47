using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Dinov2;

/// <summary>DINOv2, without and with registers, its giant with a gated MLP: under transformers' and timm's names.</summary>
internal sealed class Dinov2Family : TowerFamily
{
    /// <inheritdoc/>
    public override string Name => "DINOv2";

    /// <inheritdoc/>
    public override string KnownConfigs => CheckpointConfig.Known;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, EncoderArchitecture> Shapes => PublishedShapes.All;

    /// <inheritdoc/>
    protected override IEnumerable<TowerNames> Schemes => WeightBinder.Schemes;

    /// <inheritdoc/>
    public override bool Claims(JsonSection config, IReadOnlySet<string> tensors) => CheckpointConfig.Claims(config);

    /// <inheritdoc/>
    public override EncoderModel Read(CheckpointFiles files)
    {
        if (CheckpointConfig.FindTimm(files.Config.Text("architecture")) is { } architecture)
            return TimmTower.Read(files, architecture);
        CheckpointConfig config = CheckpointConfig.Read(files.Config);
        TowerNames names = Detect(files);
        return TowerReader.Read(files, new()
        {
            Layout = EncoderLayout.Read(files.Store, names, config),
            Config = config.Tower,
            Interpolation = config.Registers > 0 ? PositionInterpolation.Antialiased : PositionInterpolation.Original,
            Facts = Encoder.Facts(config.Tower.Function, config.IsGated),
            Poolings = Encoder.Poolings,
            Preprocessing = shape => PreprocessingReader.Read(files.Directory, shape),
            PooledNames = Encoder.PooledNames,
        });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) =>
        [.. EncoderLayout.From(architecture).Tensors().Select(tensor => tensor.Tensor)];

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        CheckpointConfig.Write(directory, architecture, type);
}
