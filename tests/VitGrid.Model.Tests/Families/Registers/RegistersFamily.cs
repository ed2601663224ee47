using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Tests.Families.Registers;

/// <summary>
/// A second family, for tests: register tokens after the class token, a norm after the last block, no layer scale, keys without bias,
/// names and a config of its own. <c>docs/adding-a-family.md</c> is told from it.
/// </summary>
internal sealed class RegistersFamily : EncoderFamily
{
    public override string Name => "registers";

    public override string KnownConfigs => $"\"{CheckpointConfig.ModelType}\"";

    public override IReadOnlyDictionary<string, EncoderArchitecture> Shapes => PublishedShapes.All;

    public override bool Claims(JsonSection config, IReadOnlySet<string> tensors) =>
        config.Text("model_type") == CheckpointConfig.ModelType && tensors.Contains(EncoderLayout.RegisterTokens);

    public override Func<string, bool> EncoderAmong(IReadOnlyCollection<string> tensors) =>
        tensors.Contains(EncoderLayout.RegisterTokens) ? EncoderLayout.Owns : _ => false;

    public override EncoderModel Read(CheckpointFiles files)
    {
        CheckpointConfig config = CheckpointConfig.Read(files.Config);
        QuantisedTower.Refuse(files, EncoderLayout.Owns);
        EncoderLayout layout = new(config.Architecture);
        IReadOnlyList<ExpectedTensor> tensors = layout.Tensors();
        TensorCheck.RequireAll(files.Store, tensors, config.Architecture.Depth, config.Depth);
        TensorCheck.RequireShapesAndTypes(files.Store, tensors);
        return new()
        {
            Naming = Name,
            Architecture = config.Architecture,
            Weights = new WeightBinder(files.Store.Tensors, config.Architecture.Depth).Bind(),
            Preprocessing = PreprocessingReader.Read(config.Architecture),
            Tensors = tensors,
            Store = files.Store,
        };
    }

    public override void Build(GraphWriter graph, EncoderModel model, SegmentRequest request) =>
        new Encoder(graph, model, request).Build();

    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) =>
        new EncoderLayout(architecture).Tensors();

    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        JsonFile.Write(directory, "config.json", CheckpointConfig.ToJson(architecture));
}
