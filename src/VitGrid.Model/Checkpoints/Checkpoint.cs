using System.Globalization;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Checkpoints;

/// <summary>An encoder's checkpoint on disk: its weights where they lie, its shape, and what it says about images.</summary>
public sealed class Checkpoint : IDisposable
{
    /// <summary>Least cosine of a family's vectors in 8 bits with those in single precision that are served.</summary>
    public const double MinEightBitCosine = 0.995;

    private readonly TensorStore _store;
    private readonly bool _isBeside;
    private string? _fingerprint;

    private Checkpoint(string directory, EncoderFamily family, EncoderModel model, bool isBeside = false)
    {
        (Directory, Family, Model, _store, _isBeside) = (directory, family, model, model.Store, isBeside);
        TextTower = TakesTexts ? this : model.Text is { } text ? new(directory, family, text, isBeside: true) : null;
        HashSet<string> used = [.. model.Tensors.Concat(model.Text?.Tensors ?? []).Select(tensor => tensor.Name)];
        if (TextTower?.Logits is not null)
            used.UnionWith(_store.Names.Where(TextTowerReader.IsLogits).Where(_store.Tensors.ContainsKey));
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
            CheckpointFiles files = new(full, config, store);
            return new Checkpoint(full, family, WithText(family, files, family.Read(files)));
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>A text tower that is not read leaves the images served, as they were before text towers were read at all.</summary>
    private static EncoderModel WithText(EncoderFamily family, CheckpointFiles files, EncoderModel model)
    {
        if (model.Architecture.ContextLength > 0)
            return model;
        try
        {
            return model with { Text = family.ReadText(files) };
        }
        catch (CheckpointException exception)
        {
            return model with { TextFault = exception.Message };
        }
    }

    /// <summary>Whether it was read as OpenCLIP's own form, which a folder may hold beside transformers'.</summary>
    public bool IsOpenClip => OpenClipFiles.AreIn(Directory);

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

    /// <summary>Whether it is a text tower: its inputs are token ids.</summary>
    public bool TakesTexts => Architecture.ContextLength > 0;

    /// <summary>How many rows of a text have to be computed; null where it is all whatever the text, or it takes none.</summary>
    public TextRows? TextRows => TextRows.From(Model);

    /// <summary>
    /// The tower that reads texts, an encoder of its own with weights, costs and fingerprint of its own; this one itself where it is a text
    /// tower alone; null: the checkpoint has none that is served. Lives as long as this.
    /// </summary>
    public Checkpoint? TextTower { get; }

    /// <summary>Why a text tower that is there is not served; null: nothing is wrong.</summary>
    public string? TextFault => Model.TextFault;

    /// <summary>How a text tower's vectors are held against images'; null where the checkpoint does not say.</summary>
    public LogitFacts? Logits => Model.Logits;

    /// <summary>What the checkpoint says about its input images.</summary>
    public ImagePreprocessing Preprocessing => Model.Preprocessing;

    /// <summary>What its last segment gives out on request, beside hidden states and pooled vectors.</summary>
    public IReadOnlyList<EncoderOutput> Outputs => Model.Outputs;

    /// <summary>Which pooling a name stands for that published reference outputs have, such as <c>pooler_output</c>.</summary>
    public IReadOnlyDictionary<string, Pooling> PooledNames => Model.PooledNames;

    /// <summary>Why the encoder is not served in 8 bits; null: it is.</summary>
    public string? EightBitFault => Family.EightBitCosine >= MinEightBitCosine ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"vectors of {FamilyName} in 8 bits have a cosine of {Family.EightBitCosine} with those in single precision; the least that is "
            + $"served is {MinEightBitCosine}: use fp32");

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
    public void Dispose()
    {
        if (!_isBeside)
            _store.Dispose();
    }

    internal string ComputeFingerprint(EncoderArchitecture architecture, CancellationToken cancellationToken = default) =>
        Fingerprint.Compute(Model with { Architecture = architecture }, Family.Identity(Model), cancellationToken);
}
