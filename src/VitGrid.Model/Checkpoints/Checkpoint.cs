using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Checkpoints;

/// <summary>An encoder's checkpoint on disk: its weights where they lie, its shape, and what it says about images.</summary>
public sealed class Checkpoint : IDisposable
{
    private readonly TensorStore _store;
    private string? _fingerprint;

    private Checkpoint(string directory, EncoderFamily family, EncoderModel model)
    {
        (Directory, Family, Model, _store) = (directory, family, model, model.Store);
        HashSet<string> used = [.. model.Tensors.Select(tensor => tensor.Name)];
        UnusedTensors = [.. _store.Names.Where(name => !used.Contains(name)).Order(StringComparer.Ordinal)];
        WeightFiles = [.. _store.FilesOf(used).Select(file => Path.GetRelativePath(directory, file)).Order(StringComparer.Ordinal)];
        StoredType = WeightSlices
            .Where(slice => slice.Shape.Length > 1)
            .GroupBy(slice => slice.Tensor.Type)
            .MaxBy(group => group.Sum(slice => slice.Length))!.Key;
    }

    /// <summary>Opens the checkpoint in <paramref name="directory"/>, checking every tensor and the config against each other.</summary>
    /// <exception cref="CheckpointException">Anything is missing, malformed or contradictory.</exception>
    public static Checkpoint Open(string directory) => Open(directory, EncoderFamilies.All);

    /// <summary>Opens the checkpoint in <paramref name="directory"/>, of one of <paramref name="families"/>.</summary>
    internal static Checkpoint Open(string directory, IReadOnlyList<EncoderFamily> families)
    {
        string full = Path.GetFullPath(directory);
        bool openClip = OpenClipFiles.AreIn(full);
        TensorStore store = TensorStore.Open(
            full, tensors => EncoderFamilies.EncoderAmong(families, tensors), openClip ? OpenClipFiles.Weights : null);
        try
        {
            JsonSection config = JsonSection.Read(Path.Combine(full, openClip ? OpenClipFiles.Config : "config.json"));
            EncoderFamily family = EncoderFamilies.Choose(families, config, store.Names);
            return new Checkpoint(full, family, family.Read(new CheckpointFiles(full, config, store)));
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Full path of the folder.</summary>
    public string Directory { get; }

    /// <summary>Name of the family that reads it: what computes no graph must know how its blocks are made.</summary>
    public string FamilyName => Family.Name;

    /// <summary>Whose names the tensors have, for people.</summary>
    public string Naming => Model.Naming;

    /// <summary>The encoder's shape.</summary>
    public EncoderArchitecture Architecture => Model.Architecture;

    /// <summary>Where every weight lies.</summary>
    public EncoderWeights Weights => Model.Weights;

    /// <summary>What makes tokens for a language model of the encoder's; null where there is none that is served.</summary>
    public VisualProjector? Projector => Model.Projector;

    /// <summary>Why a projector that is there is not served; null: nothing is wrong.</summary>
    public string? ProjectorFault => Model.ProjectorFault;

    /// <summary>What the checkpoint says about its input images.</summary>
    public ImagePreprocessing Preprocessing => Model.Preprocessing;

    /// <summary>What its last segment gives out on request, beside hidden states and pooled vectors.</summary>
    public IReadOnlyList<EncoderOutput> Outputs => Model.Outputs;

    /// <summary>Which pooling a name stands for that published reference outputs have, such as <c>pooler_output</c>.</summary>
    public IReadOnlyDictionary<string, Pooling> PooledNames => Model.PooledNames;

    /// <summary>Element type of the encoder's matrices as stored; of most of their bytes, should they differ.</summary>
    public TensorType StoredType { get; }

    /// <summary>Number of parameters the encoder uses.</summary>
    public long ParameterCount => WeightSlices.Sum(slice => slice.Length / slice.Tensor.Type.ElementSize());

    /// <summary>Bytes of the weights the encoder uses, as stored.</summary>
    public long WeightBytes => WeightSlices.Sum(slice => slice.Length);

    /// <summary>
    /// Names of tensors that the encoder does not use (a chat model's language part, a classifier head), sorted; those of shards that
    /// are not there are among them.
    /// </summary>
    public IReadOnlyList<string> UnusedTensors { get; }

    /// <summary>
    /// Paths, relative to <see cref="Directory"/>, of the files that hold the encoder's weights, and of the index that names them;
    /// sorted. Other weight files of the folder are not needed.
    /// </summary>
    public IReadOnlyList<string> WeightFiles { get; }

    /// <summary>Every weight of the encoder, in the order an image meets them.</summary>
    public IEnumerable<WeightSlice> WeightSlices => WeightRoles.Enumerate(Weights).Select(role => role.Slice);

    /// <summary>The family that reads this checkpoint.</summary>
    internal EncoderFamily Family { get; }

    /// <summary>The encoder as its family read it.</summary>
    internal EncoderModel Model { get; }

    /// <summary>The elements of <paramref name="slice"/> widened to single precision, row-major.</summary>
    /// <exception cref="ArgumentException">The slice belongs to another checkpoint.</exception>
    public float[] ReadFloats(WeightSlice slice) => Model.ReadFloats(slice);

    /// <summary>The encoder's costs for images of <paramref name="size"/>.</summary>
    public EncoderCosts Costs(InputSize size) => Family.Costs(Model, size);

    /// <summary>
    /// 32 hex digits that change when any weight the encoder uses, any number of its architecture, or the mean or deviation its
    /// images are normalised with, changes; independent of file names, sharding and naming scheme. Reads every weight, on all cores, the
    /// first time it is asked for.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    public string ComputeFingerprint(CancellationToken cancellationToken = default) =>
        _fingerprint ??= ComputeFingerprint(Architecture, cancellationToken);

    /// <summary>Gives back the memory that weights took which were read so far; they are read again where they are needed again.</summary>
    public void Evict() => _store.Evict();

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();

    internal string ComputeFingerprint(EncoderArchitecture architecture, CancellationToken cancellationToken = default) =>
        Fingerprint.Compute(Model with { Architecture = architecture }, Family.Identity(Model), cancellationToken);
}
