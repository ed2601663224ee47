using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Families.InternVit;

/// <summary>InternViT, under the names and configs of OpenGVLab, transformers and timm.</summary>
internal sealed class InternVitFamily : EncoderFamily
{
    /// <inheritdoc/>
    public override string Name => "InternViT";

    /// <inheritdoc/>
    public override string KnownConfigs => CheckpointConfig.Known;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, EncoderArchitecture> Shapes => PublishedShapes.All;

    /// <inheritdoc/>
    public override bool Claims(JsonSection config, IReadOnlySet<string> tensors) => CheckpointConfig.IsKnown(config);

    /// <inheritdoc/>
    public override Func<string, bool> EncoderAmong(IReadOnlyCollection<string> tensors) => NamingDetector.EncoderAmong(tensors);

    /// <inheritdoc/>
    public override EncoderModel Read(CheckpointFiles files)
    {
        CheckpointConfig config = CheckpointConfig.Read(files.Config);
        TensorNames names = NamingDetector.Detect(files.Store);
        QuantisedTower.Refuse(files, names.Owns);
        EncoderLayout layout = new LayoutReader(files.Store, names, config.Encoder).Read();
        EncoderArchitecture architecture = ArchitectureReader.Read(layout, config.Encoder);
        (VisualProjector? projector, string? fault) = new ProjectorReader(files, config, architecture).Read();
        return new()
        {
            Naming = names.Scheme.ToString(),
            Architecture = architecture,
            Weights = new WeightBinder(files.Store.Tensors, names, layout).Bind(),
            Preprocessing = PreprocessingReader.Read(files.Directory, config, architecture),
            Tensors = [.. layout.Tensors(names)],
            Store = files.Store,
            Projector = projector,
            ProjectorFault = fault,
        };
    }

    /// <inheritdoc/>
    public override void Build(GraphWriter graph, EncoderModel model, SegmentRequest request) =>
        new Encoder(graph, model, request).Build();

    /// <summary>Nothing: fingerprints were made before there was a second family, and stay.</summary>
    public override string Identity(EncoderModel model) => "";

    /// <inheritdoc/>
    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) => PublishedShapes.Tensors(architecture);

    /// <inheritdoc/>
    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        PublishedConfig.Write(directory, architecture, PublishedShapes.Layout(architecture).QueryKeyValueBias, type);
}
