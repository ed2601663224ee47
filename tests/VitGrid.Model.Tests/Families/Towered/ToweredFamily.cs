using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Tests.Families.Towered;

/// <summary>
/// The family of <see cref="Registers.RegistersFamily"/> once more, by what all vision transformers share: its blocks are pre-norm
/// attention and MLP. <c>docs/adding-a-family.md</c> is told from it.
/// </summary>
internal sealed class ToweredFamily : TowerFamily
{
    public override string Name => "towered";

    public override string KnownConfigs => CheckpointConfig.Known;

    public override IReadOnlyDictionary<string, EncoderArchitecture> Shapes => PublishedShapes.All;

    protected override IEnumerable<TowerNames> Schemes => [WeightBinder.Published];

    public override bool Claims(JsonSection config, IReadOnlySet<string> tensors) => CheckpointConfig.Claims(config);

    public override EncoderModel Read(CheckpointFiles files)
    {
        TowerConfig config = CheckpointConfig.Read(files.Config);
        return TowerReader.Read(files, new()
        {
            Layout = EncoderLayout.Read(files.Store, Detect(files), config),
            Config = config,
            Interpolation = PositionInterpolation.Original,
            Facts = Encoder.Facts(config.Function),
            Poolings = Encoder.Poolings,
            Preprocessing = PreprocessingReader.Read,
            PooledNames = Encoder.PooledNames,
        });
    }

    public override IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) =>
        [.. EncoderLayout.From(architecture).Tensors().Select(tensor => tensor.Tensor)];

    public override void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) =>
        JsonFile.Write(directory, "config.json", Registers.CheckpointConfig.ToJson(architecture));
}
