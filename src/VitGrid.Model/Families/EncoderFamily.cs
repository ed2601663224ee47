using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Families;

/// <summary>
/// A family of encoders: how its checkpoints are told and read, and what its graph is. Segments, 8 bits, fingerprints, weights left where
/// they lie and plans are made for all families alike, from what this gives. <c>docs/adding-a-family.md</c> adds one step by step.
/// </summary>
internal abstract class EncoderFamily
{
    /// <summary>The family's name, for people.</summary>
    public abstract string Name { get; }

    /// <summary>The configs it reads, to end "known are …" with.</summary>
    public abstract string KnownConfigs { get; }

    /// <summary>Published shapes by name, smallest first, that random checkpoints can be written of.</summary>
    public virtual IReadOnlyDictionary<string, EncoderArchitecture> Shapes { get; } = new Dictionary<string, EncoderArchitecture>();

    /// <summary>
    /// The text towers that random checkpoints of some of <see cref="Shapes"/> have beside the image tower, by the same names.
    /// </summary>
    public virtual IReadOnlyDictionary<string, EncoderArchitecture> TextShapes { get; } = new Dictionary<string, EncoderArchitecture>();

    /// <summary>Whether a checkpoint is of this family, its own faults aside; the first of all families that says so reads it.</summary>
    /// <param name="config"><c>config.json</c>.</param>
    /// <param name="tensors">Names of all tensors.</param>
    /// <exception cref="CheckpointException">The config is malformed.</exception>
    public abstract bool Claims(JsonSection config, IReadOnlySet<string> tensors);

    /// <summary>Tells which of <paramref name="tensors"/> an encoder of this family needs: shards of others need not be there.</summary>
    public abstract Func<string, bool> EncoderAmong(IReadOnlyCollection<string> tensors);

    /// <summary>Reads the encoder, every tensor and the config held against each other.</summary>
    /// <exception cref="CheckpointException">Anything is missing, malformed or contradictory.</exception>
    public abstract EncoderModel Read(CheckpointFiles files);

    /// <summary>Reads the tower beside the encoder that reads texts; null: the checkpoint has none.</summary>
    /// <exception cref="CheckpointException">It is there, and anything is missing, malformed or contradictory.</exception>
    public virtual EncoderModel? ReadText(CheckpointFiles files) => null;

    /// <summary>Writes the graph of one segment: its input, its blocks, its outputs.</summary>
    /// <param name="graph">Takes the nodes.</param>
    /// <param name="model">The encoder.</param>
    /// <param name="request">Blocks, input and outputs, checked against the encoder's depth.</param>
    public abstract void Build(GraphWriter graph, EncoderModel model, SegmentRequest request);

    /// <summary>
    /// What a fingerprint covers besides the architecture's numbers and the weights: what changes vectors and is seen in neither.
    /// </summary>
    public virtual string Identity(EncoderModel model) => $"family {Name}\n";

    /// <summary>
    /// The least cosine, at published widths, of vectors in 8 bits with the same in single precision, as measured; a family below
    /// <see cref="Checkpoints.Checkpoint.MinEightBitCosine"/> is not served in 8 bits.
    /// </summary>
    public virtual double EightBitCosine => 0.9995;

    /// <summary>Costs of one image of <paramref name="size"/>.</summary>
    public virtual EncoderCosts Costs(EncoderModel model, InputSize size) =>
        EncoderCosts.From(model.Architecture, size, model.Weights.Blocks[0].Query.Bias is not null);

    /// <summary>The tensors of a random checkpoint of this shape.</summary>
    /// <exception cref="ArgumentException">The family's config cannot express <paramref name="architecture"/>.</exception>
    public virtual IReadOnlyList<ExpectedTensor> RandomTensors(EncoderArchitecture architecture) => throw NotRandom();

    /// <summary>The one file that its weights lie in, whatever they take; null: as many as transformers would make.</summary>
    public virtual string? SingleWeightFile => null;

    /// <summary>Writes the JSON files that belong to <see cref="RandomTensors"/>.</summary>
    public virtual void WriteConfigs(string directory, EncoderArchitecture architecture, TensorType type) => throw NotRandom();

    /// <summary>The tensors of a random text tower of this shape, and of what belongs to both towers.</summary>
    public virtual IReadOnlyList<ExpectedTensor> RandomTextTensors(EncoderArchitecture text) => throw NotRandom();

    /// <summary>Writes the JSON files of a random checkpoint that has a text tower beside its image tower.</summary>
    public virtual void WriteConfigs(string directory, EncoderArchitecture architecture, EncoderArchitecture text, TensorType type) =>
        throw NotRandom();

    private NotSupportedException NotRandom() => new($"no random checkpoints of {Name} can be written: it names no shapes");
}
