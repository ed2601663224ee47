using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.EightBits;

/// <summary>The tensors of one part of a file, written in order and followed by the SHA-256 of their bytes.</summary>
/// <param name="prefix">Begins every name.</param>
/// <param name="written">Called with the bytes of each tensor as it is written.</param>
internal sealed class TensorChunks(string prefix, Action<long> written)
{
    private readonly Lazy<IncrementalHash> _hash = new(() => IncrementalHash.CreateHash(HashAlgorithmName.SHA256));

    /// <summary>A tensor of floats, computed when it is written.</summary>
    public TensorToWrite Floats(string name, ImmutableArray<long> shape, Func<float[]> values) =>
        new(prefix + name, TensorType.F32, shape, stream => Write(stream, MemoryMarshal.AsBytes(values().AsSpan())));

    /// <summary>A tensor of signed bytes, computed when it is written.</summary>
    public TensorToWrite Bytes(string name, ImmutableArray<long> shape, Func<sbyte[]> values) =>
        new(prefix + name, TensorType.I8, shape, stream => Write(stream, MemoryMarshal.AsBytes(values().AsSpan())));

    /// <summary>The last of the part: what <see cref="Sum"/> gives for the tensors before it.</summary>
    public TensorToWrite Checksum() =>
        new(prefix + "checksum", TensorType.U8, [SHA256.HashSizeInBytes], stream => stream.Write(_hash.Value.GetHashAndReset()));

    /// <summary>SHA-256 of the bytes of <paramref name="tensors"/>, end to end.</summary>
    public static byte[] Sum(SafetensorsFile file, IEnumerable<TensorEntry> tensors)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[1 << 18];
        foreach (TensorEntry tensor in tensors)
        {
            for (long done = 0; done < tensor.Length; done += piece.Length)
            {
                Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, tensor.Length - done));
                file.Read(tensor.Offset + done, part);
                hash.AppendData(part);
            }
        }
        return hash.GetHashAndReset();
    }

    private void Write(Stream stream, ReadOnlySpan<byte> bytes)
    {
        _hash.Value.AppendData(bytes);
        stream.Write(bytes);
        written(bytes.Length);
    }
}
