using System.Globalization;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.EightBits;

/// <summary>
/// A checkpoint's encoder with its blocks in 8 bits, as one safetensors file: everything a graph needs, each part (the embedding stage,
/// each block) followed by its checksum. Its name tells form, version and source, so that a file of other weights is never taken.
/// </summary>
public static class EightBitFile
{
    // Changes with every change of what is written.
    private const int Version = 1;
    private const string Outer = "embedding.";

    /// <summary>The file's name: <c>int8-FORM-vN-FINGERPRINT.safetensors</c>. Reads every weight once, the first time.</summary>
    public static string NameOf(Checkpoint checkpoint, EightBitForm form, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        string fingerprint = checkpoint.ComputeFingerprint(cancellationToken);
        return string.Create(CultureInfo.InvariantCulture, $"int8-{form.Name()}-v{Version}-{fingerprint}.safetensors");
    }

    /// <summary>Bytes of the tensors.</summary>
    public static long BytesOf(Checkpoint checkpoint, EightBitForm form) =>
        Parts(checkpoint, form, static _ => { }).Sum(part => part.Sum(tensor => tensor.Length));

    /// <summary>
    /// Quantises and writes, a matrix in memory at a time. The file appears whole or not at all; two processes at once do each other no
    /// harm.
    /// </summary>
    /// <param name="checkpoint">The source.</param>
    /// <param name="form">Range of the weights.</param>
    /// <param name="path">The file to make or replace.</param>
    /// <param name="progress">Called with the fraction written, 0 to 1.</param>
    /// <param name="cancellationToken">Stops and leaves nothing behind.</param>
    public static void Write(
        Checkpoint checkpoint, EightBitForm form, string path, IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        long all = BytesOf(checkpoint, form), done = 0;
        TensorToWrite[][] parts = Parts(checkpoint, form, bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report((double)(done += bytes) / all);
        });
        SafetensorsWriter.Write(path, [.. parts.SelectMany(part => part)]);
    }

    /// <summary>
    /// The weights in the file at <paramref name="path"/>; null if it is not there, is damaged in the embedding stage or in
    /// <paramref name="blocks"/>, or is not what <see cref="Write"/> makes.
    /// </summary>
    public static EncoderWeights? TryRead(Checkpoint checkpoint, EightBitForm form, string path, BlockRange blocks)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (!File.Exists(path))
            return null;
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            TensorToWrite[][] parts = Parts(checkpoint, form, static _ => { });
            return parts.All(part => part.All(tensor => Holds(file, tensor)))
                && parts.Where((_, i) => i == 0 || (i > blocks.First && i <= blocks.End)).AsParallel().All(part => IsWhole(file, part))
                ? new EightBitBinder(file, Outer).Bind(checkpoint)
                : null;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    /// <summary>The prefix of a block's tensors.</summary>
    internal static string Block(int index) => string.Create(CultureInfo.InvariantCulture, $"block.{index}.");

    /// <summary>The embedding stage, then each block; the last tensor of each part is its checksum.</summary>
    private static TensorToWrite[][] Parts(Checkpoint checkpoint, EightBitForm form, Action<long> written) =>
    [
        Embedding(checkpoint, new(Outer, written)),
        .. checkpoint.Weights.Blocks.Select((block, i) => Quantised(checkpoint, block, form, new(Block(i), written))),
    ];

    private static TensorToWrite[] Embedding(Checkpoint checkpoint, TensorChunks chunks) =>
    [
        .. WeightRoles.Enumerate(checkpoint.Weights with { Blocks = [] })
            .Where(role => !EightBitBinder.StaysInSource(role.Role))
            .Select(role => chunks.Floats(role.Role, role.Slice.Shape, () => checkpoint.ReadFloats(role.Slice))),
        chunks.Checksum(),
    ];

    private static TensorToWrite[] Quantised(Checkpoint checkpoint, BlockWeights block, EightBitForm form, TensorChunks chunks) =>
        [.. new BlockQuantiser(checkpoint, block, form, chunks).Tensors(), chunks.Checksum()];

    private static bool Holds(SafetensorsFile file, TensorToWrite expected) =>
        file.Tensors.TryGetValue(expected.Name, out TensorEntry? found)
        && found.Type == expected.Type
        && found.Shape.SequenceEqual(expected.Shape);

    private static bool IsWhole(SafetensorsFile file, TensorToWrite[] part)
    {
        TensorEntry sum = file.Tensors[part[^1].Name];
        byte[] stored = new byte[sum.Length];
        file.Read(sum.Offset, stored);
        return TensorChunks.Sum(file, part[..^1].Select(tensor => file.Tensors[tensor.Name])).AsSpan().SequenceEqual(stored);
    }
}
