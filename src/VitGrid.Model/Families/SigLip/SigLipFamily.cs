using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.SigLip;

/// <summary>SigLIP and SigLIP2 of a fixed size, image tower: under transformers' names, alone or beside a text tower, and timm's.</summary>
internal sealed class SigLipFamily : TowerFamily
{
    /// <inheritdoc/>
    public override string Name => "SigLIP";

    /// <inheritdoc/>
    public override string KnownConfigs => CheckpointConfig.Known;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, EncoderArchitecture> Shapes => PublishedShapes.All;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, EncoderArchitecture> TextShapes => PublishedShapes.Texts;

    /// <inheritdoc/>
    protected override IEnumerable<TowerNames> Schemes => WeightBinder.Schemes;

    /// <inheritdoc/>
    protected override IEnumerable<TowerNames> TextSchemes => Clip.TextBinder.Schemes;

    /// <inheritdoc/>
    public override bool Claims(JsonSection config, IReadOnlySet<string> tensors) => CheckpointConfig.Claims(config);

    /// <inheritdoc/>
    public override EncoderModel Read(CheckpointFiles files)
    {
        if (CheckpointConfig.FindTimm(files.Config.Text("architecture")) is { } architecture)
            return TimmTower.Read(files, architecture);
        if (CheckpointConfig.IsTextAlone(files.Config))
            return ReadText(files) ?? throw Clip.TextBinder.NoTable(files.Store);
        CheckpointConfig config = CheckpointConfig.Read(files.Config);
        TowerNames names = Detect(files);
        bool hasHead = EncoderLayout.HasHead(files.Store, names, config);
        TowerLayout layout = EncoderLayout.Read(files.Store, names, config, hasHead);
        return TowerReader.Read(files, new()
        {
            Layout = layout,
            Config = config.Tower,
            Interpolation = PositionInterpolation.Original,
            Facts = Encoder.Facts(config.Tower),
            Poolings = Encoder.Poolings(hasHead ? layout.Width : 0),
            Preprocessing = shape => PreprocessingReader.Read(files.Directory, shape),
            PooledNames = Encoder.PooledNames(hasHead),
        });
    }

    /// <inheritdoc/>
    public override EncoderModel? ReadText(CheckpointFiles files)
    {
        TextTowerReader reader = new(files, Clip.TextBinder.Schemes);
        if (CheckpointConfig.ReadText(files.Config) is not { } config || reader.Find() is not { } names)
            return null;
        return reader.Read(config, names, HeadOf(names), TextTowerReader.ReadLogits(files.Store));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) =>
        [.. EncoderLayout.From(architecture).Tensors().Select(tensor => tensor.Tensor)];

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        CheckpointConfig.Write(directory, architecture, type);

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTextTensors(EncoderArchitecture text) => TextTowerReader.RandomTensors(
        Clip.TextBinder.Published, text, HeadOf(Clip.TextBinder.Published), "logit_scale", "logit_bias");

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, EncoderArchitecture text, TensorType type) =>
        CheckpointConfig.Write(directory, architecture, type, text);

    private static TextProjection HeadOf(TowerNames names) =>
        new(names.Outer(WeightBinder.TextHead + ".weight"), names.Outer(WeightBinder.TextHead + ".bias"));
}
