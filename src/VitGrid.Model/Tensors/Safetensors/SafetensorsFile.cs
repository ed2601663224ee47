using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>
/// One safetensors file, memory-mapped: 8 bytes of little-endian header length, a JSON header, then the tensors' bytes end
/// to end (format: the README of huggingface/safetensors). Nothing in it is believed before it is checked. The file must
/// not be shortened while it is open.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private const int WideningBytes = 1 << 18;

    private readonly MappedFile _bytes;

    private SafetensorsFile(string path, SafeFileHandle handle)
    {
        (Path, Length) = (path, RandomAccess.GetLength(handle));
        long header = HeaderLength(path, handle, Length);
        _bytes = new(handle);
        Tensors = ParseHeader((int)header);
    }

    /// <summary>Full path with all links resolved.</summary>
    public string Path { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>Maps the file at <paramref name="path"/> and checks its header.</summary>
    /// <exception cref="CheckpointException">The file cannot be read, or its header is malformed.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            string real = RealPath.Resolve(path);
            handle = File.OpenHandle(real, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return new SafetensorsFile(real, handle);
        }
        catch (Exception exception)
        {
            handle?.Dispose();
            if (exception is IOException or UnauthorizedAccessException or NotSupportedException)
                throw new CheckpointException($"{path}: cannot be read ({exception.Message})", exception);
            throw;
        }
    }

    /// <summary>The elements of tensor <paramref name="name"/> widened to single precision, row-major.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or it is not F32, F16 or BF16.</exception>
    public float[] ReadFloats(string name) =>
        Tensors.TryGetValue(name, out TensorEntry? tensor)
            ? ReadFloats(WeightSlice.Whole(tensor))
            : throw new CheckpointException($"{Path}: there is no tensor {Shown.Text(name)}; it holds {Shown.Names([.. Tensors.Keys])}");

    /// <summary>The elements of an I64 or I32 tensor, row-major.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or it is of another type.</exception>
    /// <exception cref="OverflowException">An element does not fit into 32 bits.</exception>
    public int[] ReadIntegers(string name)
    {
        TensorEntry? tensor = Tensors.GetValueOrDefault(name);
        if (tensor?.Type is not (TensorType.I64 or TensorType.I32))
            throw new CheckpointException($"{Path}: there is no tensor {Shown.Text(name)} of I64 or I32");
        byte[] bytes = new byte[tensor.Length];
        Read(tensor.Offset, bytes);
        return tensor.Type == TensorType.I32
            ? MemoryMarshal.Cast<byte, int>(bytes.AsSpan()).ToArray()
            : [.. MemoryMarshal.Cast<byte, long>(bytes.AsSpan()).ToArray().Select(element => checked((int)element))];
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();

    internal float[] ReadFloats(WeightSlice slice)
    {
        TensorType type = slice.Tensor.Type;
        if (!FloatWidening.Reads(type))
        {
            throw new CheckpointException(
                $"{Path}: tensor {Shown.Text(slice.Tensor.Name)} is {Shown.Raw(slice.Tensor.TypeCode)}; " +
                "only F32, F16 and BF16 are read as floats");
        }
        float[] floats = GC.AllocateUninitializedArray<float>(checked((int)(slice.Length / type.ElementSize())));
        byte[] piece = ArrayPool<byte>.Shared.Rent(WideningBytes);
        int elements = WideningBytes / type.ElementSize();
        for (int first = 0; first < floats.Length; first += elements)
        {
            Span<float> target = floats.AsSpan(first, Math.Min(elements, floats.Length - first));
            Span<byte> source = piece.AsSpan(0, target.Length * type.ElementSize());
            Read(slice.Offset + ((long)first * type.ElementSize()), source);
            FloatWidening.Widen(type, source, target);
        }
        ArrayPool<byte>.Shared.Return(piece);
        return floats;
    }

    internal void Read(long offset, Span<byte> target) => _bytes.Read(offset, target);

    /// <summary>Gives back the memory of what was read so far.</summary>
    internal void Evict() => _bytes.Evict();

    private static long HeaderLength(string path, SafeFileHandle handle, long length)
    {
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
        if (RandomAccess.Read(handle, prefix, fileOffset: 0) < prefix.Length)
            throw new CheckpointException($"{path}: has {length} bytes; a safetensors file has at least 10: fetch it again");
        if (prefix.SequenceEqual("version "u8))
        {
            throw new CheckpointException(
                $"{path}: is a Git LFS pointer of {length} bytes, not the weights it stands for: " +
                "run 'git lfs pull' in that folder, or fetch the file");
        }
        ulong header = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (header > SafetensorsHeader.MaxBytes)
        {
            throw new CheckpointException(
                $"{path}: states a header of {header} bytes; the limit is {SafetensorsHeader.MaxBytes}: this is no safetensors file");
        }
        if (header is 0 || (long)header > length - prefix.Length)
        {
            throw new CheckpointException(
                $"{path}: states a header of {header} bytes; the file leaves room for 2 to {length - prefix.Length}: fetch it again");
        }
        return (long)header;
    }

    private Dictionary<string, TensorEntry> ParseHeader(int length)
    {
        byte[] json = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Read(SafetensorsHeader.PrefixBytes, json.AsSpan(0, length));
            return SafetensorsHeader.Parse(json.AsSpan(0, length), Path, Length);
        }
        catch (CheckpointException)
        {
            Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(json);
        }
    }
}
