using VitGrid.Model.Checkpoints.Generation;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Families.InternVit;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Checkpoints;

/// <summary>
/// Writes checkpoints of real shape with seeded random weights, to size a cluster before the real ones are there. The same
/// seed, shape and element type give the same bytes on every machine. Activations keep the size they have in a trained model.
/// </summary>
public static class RandomCheckpoint
{
    /// <summary>Bytes after which a new file begins: 4 GiB.</summary>
    public const long DefaultShardBytes = 4L << 30;

    /// <summary>The published shapes by name, family by family, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> Architectures { get; } =
        new OrderedDictionary<string, EncoderArchitecture>(EncoderFamilies.All.SelectMany(family => family.Shapes));

    /// <summary>
    /// Writes a checkpoint of the published shape <paramref name="name"/>, one of <see cref="Architectures"/>, with its text tower where it
    /// has one.
    /// </summary>
    /// <inheritdoc cref="Write(EncoderArchitecture, string, ulong, TensorType, long, IProgress{double}, CancellationToken)"/>
    public static void Write(
        string name,
        string directory,
        ulong seed,
        TensorType type,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        EncoderFamily family = FamilyOf(name);
        RandomWeights wanted = new(seed, type, DefaultShardBytes, progress) { Text = family.TextShapes.GetValueOrDefault(name) };
        Write(family, family.Shapes[name], directory, wanted, cancellationToken);
    }

    /// <summary>Writes a checkpoint of the family of <paramref name="name"/> in another shape, such as a smaller depth.</summary>
    internal static void Write(string name, EncoderArchitecture architecture, string directory, ulong seed, TensorType type) =>
        Write(FamilyOf(name), architecture, directory, new(seed, type, DefaultShardBytes), CancellationToken.None);

    private static EncoderFamily FamilyOf(string name) =>
        EncoderFamilies.All.FirstOrDefault(family => family.Shapes.ContainsKey(name))
            ?? throw new CheckpointException(
                $"there is no architecture {Shown.Text(name)}; known are {string.Join(", ", Architectures.Keys)}");

    /// <summary>
    /// Writes an InternViT checkpoint of any shape under the original names, with q/k/v bias where the norm is LayerNorm, as published.
    /// The folder appears whole or not at all.
    /// </summary>
    /// <param name="architecture">The shape, with the original's interpolation and both epsilons equal: its config has no keys for
    /// them.</param>
    /// <param name="directory">Folder to make; it may exist if it is empty.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="shardBytes">Bytes after which a new file begins; a larger tensor has a file to itself.</param>
    /// <param name="progress">Called with the fraction of the bytes written, 0 to 1.</param>
    /// <param name="cancellationToken">Stops and leaves nothing behind.</param>
    /// <exception cref="CheckpointException">The folder is not empty, the element type is another, or the name is unknown.</exception>
    /// <exception cref="ArgumentException">The original config cannot express <paramref name="architecture"/>.</exception>
    public static void Write(
        EncoderArchitecture architecture,
        string directory,
        ulong seed,
        TensorType type,
        long shardBytes = DefaultShardBytes,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default) =>
        Write(new InternVitFamily(), architecture, directory, new(seed, type, shardBytes, progress), cancellationToken);

    /// <summary>Parameters of an InternViT checkpoint of this shape, with the q/k/v bias that it is written with.</summary>
    public static long ParameterCount(EncoderArchitecture architecture) =>
        new InternVitFamily().RandomTensors(architecture).Sum(tensor => tensor.Elements);

    /// <summary>Writes a checkpoint of <paramref name="family"/>. The folder appears whole or not at all.</summary>
    internal static void Write(
        EncoderFamily family, EncoderArchitecture architecture, string directory, RandomWeights wanted, CancellationToken cancellationToken)
    {
        Require(wanted.Type);
        IReadOnlyList<ExpectedTensor> tensors =
        [
            .. family.RandomTensors(architecture), .. wanted.Text is { } beside ? family.RandomTextTensors(beside) : [],
        ];
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        RequireEmpty(target);
        string partial = $"{target}.{Guid.NewGuid():N}.partial";
        Directory.CreateDirectory(partial);
        try
        {
            long bytes = tensors.Sum(tensor => tensor.Elements) * wanted.Type.ElementSize();
            WeightStream weights = new(wanted.Seed, wanted.Type, bytes, wanted.Progress, cancellationToken);
            ShardedWeights.Write(
                partial, [.. tensors.Select(weights.ToWrite)], family.SingleWeightFile is null ? wanted.ShardBytes : long.MaxValue);
            if (family.SingleWeightFile is { } name)
                File.Move(Path.Combine(partial, WeightFiles.Single), Path.Combine(partial, name));
            if (wanted.Text is { } text)
                family.WriteConfigs(partial, architecture, text, wanted.Type);
            else
                family.WriteConfigs(partial, architecture, wanted.Type);
            if (Directory.Exists(target))
                Directory.Delete(target);
            Directory.Move(partial, target);
        }
        finally
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
        }
    }

    private static void Require(TensorType type)
    {
        if (!FloatWidening.Reads(type))
            throw new CheckpointException($"weights cannot be written as {type.Code()}; choose F32, F16 or BF16");
    }

    private static void RequireEmpty(string target)
    {
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new CheckpointException(
                $"{target}: is not an empty folder; a checkpoint is written only to a new or empty one: choose another or empty it");
        }
    }
}
