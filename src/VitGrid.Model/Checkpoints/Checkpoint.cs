using VitGrid.Model.Checkpoints.Configs;
using VitGrid.Model.Checkpoints.Naming;
using VitGrid.Model.Checkpoints.Safetensors;

namespace VitGrid.Model.Checkpoints;

/// <summary>Whose tensor names a checkpoint uses.</summary>
public enum NamingScheme
{
    /// <summary>OpenGVLab's own: <c>encoder.layers.0.attn.qkv.weight</c>.</summary>
    Original,

    /// <summary>timm: <c>blocks.0.attn.qkv.weight</c>.</summary>
    Timm,

    /// <summary>The class built into transformers: <c>encoder.layer.0.attention.q_proj.weight</c>.</summary>
    Transformers,
}

/// <summary>An InternViT checkpoint on disk: its weights where they lie, its shape, and what it says about images.</summary>
public sealed class Checkpoint : IDisposable
{
    private readonly TensorStore _store;
    private string? _fingerprint;

    private Checkpoint(string directory, CheckpointConfig config, TensorStore store)
    {
        (Directory, _store) = (directory, store);
        TensorNames names = NamingDetector.Detect(store);
        QuantisedTower.Refuse(store, names, config.QuantisationMethod);
        EncoderLayout layout = new LayoutReader(store, names, config.Encoder).Read();
        Naming = names.Scheme;
        Architecture = ArchitectureReader.Read(layout, config.Encoder);
        Weights = new WeightBinder(store.Tensors, names, layout).Bind();
        Preprocessing = PreprocessingReader.Read(directory, config, Architecture);
        HashSet<string> used = [.. layout.Tensors(names).Select(tensor => tensor.Name)];
        UnusedTensors = [.. store.Names.Where(name => !used.Contains(name)).Order(StringComparer.Ordinal)];
        WeightFiles = [.. store.FilesOf(used).Select(file => Path.GetRelativePath(directory, file)).Order(StringComparer.Ordinal)];
        StoredType = Slices
            .Where(slice => slice.Shape.Length > 1)
            .GroupBy(slice => slice.Tensor.Type)
            .MaxBy(group => group.Sum(slice => slice.Length))!.Key;
    }

    /// <summary>Opens the checkpoint in <paramref name="directory"/>, checking every tensor and the config against each other.</summary>
    /// <exception cref="CheckpointException">Anything is missing, malformed or contradictory.</exception>
    public static Checkpoint Open(string directory)
    {
        string full = Path.GetFullPath(directory);
        TensorStore store = TensorStore.Open(full, NamingDetector.EncoderAmong);
        try
        {
            return new Checkpoint(full, CheckpointConfig.Read(full), store);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Full path of the folder.</summary>
    public string Directory { get; }

    /// <summary>Whose names the tensors have.</summary>
    public NamingScheme Naming { get; }

    /// <summary>The encoder's shape.</summary>
    public EncoderArchitecture Architecture { get; }

    /// <summary>Where every weight lies.</summary>
    public EncoderWeights Weights { get; }

    /// <summary>What the checkpoint says about its input images.</summary>
    public ImagePreprocessing Preprocessing { get; }

    /// <summary>Element type of the encoder's matrices as stored; of most of their bytes, should they differ.</summary>
    public TensorType StoredType { get; }

    /// <summary>Number of parameters the encoder uses.</summary>
    public long ParameterCount => Slices.Sum(slice => slice.Length / slice.Tensor.Type.ElementSize());

    /// <summary>Bytes of the weights the encoder uses, as stored.</summary>
    public long WeightBytes => Slices.Sum(slice => slice.Length);

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

    private IEnumerable<WeightSlice> Slices => WeightRoles.Enumerate(Weights).Select(role => role.Slice);

    /// <summary>The elements of <paramref name="slice"/> widened to single precision, row-major.</summary>
    /// <exception cref="ArgumentException">The slice belongs to another checkpoint.</exception>
    public float[] ReadFloats(WeightSlice slice) => _store.FileOf(slice).ReadFloats(slice);

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
        Fingerprint.Compute(architecture, Preprocessing, Weights, _store, cancellationToken);
}
