using VitGrid.Model.Checkpoints.Generation;
using VitGrid.Model.Checkpoints.Naming;
using VitGrid.Model.Checkpoints.Safetensors;

namespace VitGrid.Model.Checkpoints;

/// <summary>
/// Writes checkpoints of real shape with seeded random weights, to size a cluster before the real ones are there. The same
/// seed, shape and element type give the same bytes on every machine. Activations keep the size they have in a trained model.
/// </summary>
public static class RandomCheckpoint
{
    /// <summary>Bytes after which a new file begins: 4 GiB.</summary>
    public const long DefaultShardBytes = 4L << 30;

    /// <summary>The published shapes by name, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> Architectures { get; } =
        new OrderedDictionary<string, EncoderArchitecture>
        {
            ["internvit-300m-448px"] = Published(1024, 24, 16, 4096, 448, NormKind.LayerNorm),
            ["internvit-6b-448px-v2.5"] = Published(3200, 45, 25, 12800, 448, NormKind.RmsNorm),
            ["internvit-6b-224px"] = Published(3200, 48, 25, 12800, 224, NormKind.RmsNorm),
        };

    /// <summary>Writes a checkpoint of the published shape <paramref name="name"/>, one of <see cref="Architectures"/>.</summary>
    /// <inheritdoc cref="Write(EncoderArchitecture, string, ulong, TensorType, long, IProgress{double}, CancellationToken)"/>
    public static void Write(
        string name,
        string directory,
        ulong seed,
        TensorType type,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default) =>
        Write(
            Architectures.TryGetValue(name, out EncoderArchitecture? architecture)
                ? architecture
                : throw new CheckpointException(
                    $"there is no architecture {Shown.Text(name)}; known are {Shown.Names([.. Architectures.Keys])}"),
            directory,
            seed,
            type,
            DefaultShardBytes,
            progress,
            cancellationToken);

    /// <summary>
    /// Writes a checkpoint of any shape under the original names, with q/k/v bias where the norm is LayerNorm, as published.
    /// The folder appears whole or not at all.
    /// </summary>
    /// <param name="architecture">The shape, with the original's interpolation and both epsilons equal: its config has no keys for
    /// them.</param>
    /// <param name="directory">Folder to make; it may exist if it is empty.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="shardBytes">Bytes after which a new file begins; a larger tensor has a file to itself.</param>
    /// <param name="progress">Told the fraction of the bytes written, 0 to 1.</param>
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
        CancellationToken cancellationToken = default)
    {
        Require(architecture, type);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        RequireEmpty(target);
        string partial = $"{target}.{Guid.NewGuid():N}.partial";
        Directory.CreateDirectory(partial);
        try
        {
            ExpectedTensor[] tensors = Tensors(architecture);
            long bytes = tensors.Sum(tensor => tensor.Elements) * type.ElementSize();
            var weights = new WeightStream(seed, type, bytes, progress, cancellationToken);
            ShardedWeights.Write(partial, [.. tensors.Select(weights.ToWrite)], shardBytes);
            PublishedConfig.Write(partial, architecture, Layout(architecture).QueryKeyValueBias, type);
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

    /// <summary>Parameters of a checkpoint of this shape, with the q/k/v bias that it is written with.</summary>
    public static long ParameterCount(EncoderArchitecture architecture) => Tensors(architecture).Sum(tensor => tensor.Elements);

    private static ExpectedTensor[] Tensors(EncoderArchitecture architecture) =>
        [.. Layout(architecture).Tensors(TensorNames.Schemes.First(names => names.Scheme == NamingScheme.Original))];

    private static void Require(EncoderArchitecture architecture, TensorType type)
    {
        if (!FloatWidening.Reads(type))
            throw new CheckpointException($"weights cannot be written as {type.Code()}; choose F32, F16 or BF16");
        if (architecture.Interpolation != PositionInterpolation.Original || architecture.QueryKeyNormEpsilon != architecture.NormEpsilon)
            throw new ArgumentException(
                "the original config has no keys for timm's kernel or a q/k epsilon of its own", nameof(architecture));
        if (architecture.Width % architecture.Heads != 0)
        {
            throw new ArgumentException(
                $"{architecture.Heads} heads do not divide the width of {architecture.Width}", nameof(architecture));
        }
    }

    private static void RequireEmpty(string target)
    {
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new CheckpointException(
                $"{target}: is not an empty folder; a checkpoint is written only to a new or empty one: choose another or empty it");
        }
    }

    private static EncoderLayout Layout(EncoderArchitecture architecture) => new()
    {
        Width = architecture.Width,
        Depth = architecture.Depth,
        MlpWidth = architecture.MlpWidth,
        PatchSize = architecture.PatchSize,
        Grid = architecture.ImageSize / architecture.PatchSize,
        NormBias = architecture.Norm == NormKind.LayerNorm,
        QueryKeyNorm = architecture.QueryKeyNorm,
        QueryKeyValueBias = architecture.Norm == NormKind.LayerNorm,
        LayerScale = true,
    };

    private static EncoderArchitecture Published(int width, int depth, int heads, int mlpWidth, int imageSize, NormKind norm) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = mlpWidth,
        PatchSize = 14,
        ImageSize = imageSize,
        Norm = norm,
        NormEpsilon = 1e-6f,
        QueryKeyNorm = norm == NormKind.RmsNorm,
        QueryKeyNormEpsilon = 1e-6f,
        Interpolation = PositionInterpolation.Original,
    };
}
