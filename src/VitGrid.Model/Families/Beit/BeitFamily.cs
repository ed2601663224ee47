using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Beit;

/// <summary>BEiT: under transformers' names, with and without a classifier or its training task's head, and timm's.</summary>
internal sealed class BeitFamily : TowerFamily
{
    /// <inheritdoc/>
    public override string Name => "BEiT";

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
        bool hasPooler = config.PoolsMean && layout.Head.Any(tensor => tensor.Roles[0].StartsWith(Roles.MeanNorm,
            StringComparison.Ordinal));
        bool hasTaskNorm = layout.Head.Any(tensor => tensor.Roles[0].StartsWith(Roles.TaskNorm, StringComparison.Ordinal));
        return TowerReader.Read(files, new()
        {
            Layout = layout,
            Config = config.Tower,
            Interpolation = PositionInterpolation.Original,
            Facts = Encoder.Facts(config.Tower.Function),
            Poolings = Encoder.Poolings(config.PoolsMean, hasPooler ? layout.Width : 0),
            Preprocessing = shape => PreprocessingReader.Read(files.Directory, shape),
            PooledNames = Encoder.PooledNames(config.PoolsMean, hasPooler),
            Outputs = hasTaskNorm ? [new(TowerEnd.TaskNormed, OutputRows.Token, layout.Width)] : [],
        });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) =>
        [.. EncoderLayout.From(architecture).Tensors().Select(tensor => tensor.Tensor)];

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        CheckpointConfig.Write(directory, architecture, type);
}
