using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Checkpoints;

/// <summary>
/// A tree of SHA-256: the bytes of each slice in chunks of fixed size, hashed in parallel; then one hash over the
/// architecture's numbers and, role by role, element type, shape and chunk hashes. The result does not depend on the number
/// of cores, nor on how the weights are named or spread over files.
/// </summary>
internal static class Fingerprint
{
    private const int ChunkBytes = 4 << 20;
    private const int PieceBytes = 1 << 16;
    private const int HexDigits = 32;

    public static string Compute(EncoderModel model, string identity, CancellationToken cancellationToken)
    {
        TensorStore store = model.Store;
        (string Role, WeightSlice Slice, Chunk[] Chunks)[] roles =
            [.. WeightRoles.Enumerate(model.Weights).Select(role => (role.Role, role.Slice, Chunks(role.Slice).ToArray()))];
        HashAll([.. roles.SelectMany(role => role.Chunks)], store, cancellationToken);
        store.Evict();
        using var root = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(root, Describe(model.Architecture, model.Preprocessing) + identity);
        foreach ((string role, WeightSlice slice, Chunk[] chunks) in roles)
        {
            Append(root, $"{role} {slice.Tensor.Type.Code()} {Shown.Shape(slice.Shape)}\n");
            foreach (Chunk chunk in chunks)
                root.AppendData(chunk.Hash);
        }
        return Convert.ToHexStringLower(root.GetHashAndReset())[..HexDigits];
    }

    /// <summary>On threads of its own: a large model takes seconds, for which the pool's threads would be missing elsewhere.</summary>
    private static void HashAll(Chunk[] chunks, TensorStore store, CancellationToken cancellationToken)
    {
        int next = -1;
        Task[] workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(
            () =>
            {
                int i;
                while ((i = Interlocked.Increment(ref next)) < chunks.Length && !cancellationToken.IsCancellationRequested)
                    Hash(chunks[i], store.FileOf(chunks[i].Slice));
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        Task.WaitAll(workers, CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static string Describe(EncoderArchitecture architecture, ImagePreprocessing images) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        vitgrid fingerprint 1
        width {architecture.Width}, depth {architecture.Depth}, heads {architecture.Heads}, mlp {architecture.MlpWidth}
        patch {architecture.PatchSize}, image {architecture.ImageSize}, interpolation {architecture.Interpolation}
        norm {architecture.Norm} {architecture.NormEpsilon:R}
        query-key norm {(architecture.QueryKeyNorm ? architecture.QueryKeyNormEpsilon : 0):R}
        mean {Numbers(images.Mean)}, deviation {Numbers(images.StandardDeviation)}

        """);

    private static string Numbers(IEnumerable<float> numbers) =>
        string.Join(' ', numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture)));

    private static IEnumerable<Chunk> Chunks(WeightSlice slice)
    {
        for (long first = 0; first < slice.Length; first += ChunkBytes)
            yield return new Chunk(slice, slice.Offset + first, Math.Min(ChunkBytes, slice.Length - first));
    }

    private static void Hash(Chunk chunk, SafetensorsFile file)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long done = 0; done < chunk.Length; done += PieceBytes)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(PieceBytes, chunk.Length - done));
            file.Read(chunk.Offset + done, part);
            hash.AppendData(part);
        }
        hash.GetHashAndReset(chunk.Hash);
        ArrayPool<byte>.Shared.Return(piece);
    }

    private static void Append(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));

    private sealed record Chunk(WeightSlice Slice, long Offset, long Length)
    {
        public byte[] Hash { get; } = new byte[SHA256.HashSizeInBytes];
    }
}
