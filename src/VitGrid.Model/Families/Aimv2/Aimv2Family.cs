using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Aimv2;

/// <summary>AIMv2: under Apple's, transformers' and timm's names.</summary>
internal sealed class Aimv2Family : TowerFamily
{
    /// <inheritdoc/>
    public override string Name => "AIMv2";

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
        TowerLayout layout = EncoderLayout.Read(files.Store, Detect(files), config);
        return TowerReader.Read(files, new()
        {
            Layout = layout,
            Config = config.Tower,
            Norm = NormKind.RmsNorm,
            Interpolation = PositionInterpolation.Fixed,
            Facts = Encoder.Facts(config.Tower),
            Poolings = Encoder.Poolings(config.HasHead ? layout.Width : 0),
            Preprocessing = shape => PreprocessingReader.Read(files.Directory, shape),
            PooledNames = Encoder.PooledNames(config.HasHead),
        });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) =>
        [.. EncoderLayout.From(architecture).Tensors().Select(tensor => tensor.Tensor)];

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        CheckpointConfig.Write(directory, architecture, type);
}
