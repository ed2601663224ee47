using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Clip;

/// <summary>CLIP's image tower: under transformers' names, alone or beside a text tower, and timm's.</summary>
internal sealed class ClipFamily : TowerFamily
{
    /// <inheritdoc/>
    public override string Name => "CLIP";

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
        int projection = EncoderLayout.ProjectionWidth(files.Store);
        return TowerReader.Read(files, new()
        {
            Layout = layout,
            Config = config.Tower,
            Interpolation = PositionInterpolation.Original,
            Facts = Encoder.Facts(config.Tower.Function),
            Poolings = Encoder.Poolings(projection),
            Preprocessing = shape => PreprocessingReader.Read(files.Directory, shape),
            PooledNames = Encoder.PooledNames(projection),
        });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) =>
        [.. EncoderLayout.From(architecture).Tensors().Select(tensor => tensor.Tensor)];

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        CheckpointConfig.Write(directory, architecture, type);
}
