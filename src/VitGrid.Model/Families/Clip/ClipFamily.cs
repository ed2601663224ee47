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
    public override IReadOnlyDictionary<string, EncoderArchitecture> TextShapes => PublishedShapes.Texts;

    /// <inheritdoc/>
    protected override IEnumerable<TowerNames> Schemes => WeightBinder.Schemes;

    /// <inheritdoc/>
    protected override IEnumerable<TowerNames> TextSchemes => TextBinder.Schemes;

    /// <inheritdoc/>
    public override bool Claims(JsonSection config, IReadOnlySet<string> tensors) => CheckpointConfig.Claims(config);

    /// <inheritdoc/>
    public override EncoderModel Read(CheckpointFiles files)
    {
        if (CheckpointConfig.FindTimm(files.Config.Text("architecture")) is { } architecture)
            return TimmTower.Read(files, architecture);
        if (CheckpointConfig.IsTextAlone(files.Config))
            return ReadText(files) ?? throw TextBinder.NoTable(files.Store);
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
    public override EncoderModel? ReadText(CheckpointFiles files)
    {
        TextTowerReader reader = new(files, TextBinder.Schemes);
        if (CheckpointConfig.ReadText(files.Config) is not { } config || reader.Find() is not { } names)
            return null;
        TextProjection? projection = files.Store.Tensors.ContainsKey(TextBinder.Projection) ? new(TextBinder.Projection) : null;
        return reader.Read(config, names, projection, TextTowerReader.ReadLogits(files.Store));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) =>
        [.. EncoderLayout.From(architecture).Tensors().Select(tensor => tensor.Tensor)];

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        CheckpointConfig.Write(directory, architecture, type);

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTextTensors(EncoderArchitecture text) =>
        TextTowerReader.RandomTensors(TextBinder.Published, text, new(TextBinder.Projection), "logit_scale");

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, EncoderArchitecture text, TensorType type) =>
        CheckpointConfig.Write(directory, architecture, type, text);
}
