using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using VitGrid.Engine.Options;
using VitGrid.Model.Tensors;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>
/// A vector as Redis holds it, little-endian: <c>vge</c>, version u8; format u8 (0 fp32, 1 fp16), three zeros; dimension u32; CRC-64 of the
/// key's text, the 12 bytes before and the numbers, u64; the numbers. A value that is cut, changed, of another key, format or
/// version is no vector: a CRC finds every change within 64 neighbouring bits, and any other but one in 2^64.
/// </summary>
internal static class CacheEnvelope
{
    /// <summary>Bytes before the numbers.</summary>
    public const int HeaderLength = 20;

    private const int Covered = 12;
    private const uint Signature = 0x01656776;

    /// <summary>Bytes of a vector with <paramref name="dimension"/> numbers.</summary>
    public static int LengthOf(CacheFormat format, int dimension) => HeaderLength + (dimension * SizeOf(format));

    public static byte[] Write(CacheFormat format, string key, ReadOnlySpan<float> vector)
    {
        byte[] value = new byte[LengthOf(format, vector.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(value, Signature);
        value[4] = (byte)format;
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(8), vector.Length);
        Span<byte> numbers = value.AsSpan(HeaderLength);
        if (format == CacheFormat.Fp16)
            HalfNumbers.Narrow(vector, MemoryMarshal.Cast<byte, Half>(numbers));
        else
            MemoryMarshal.AsBytes(vector).CopyTo(numbers);
        BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(Covered), Checksum(key, value));
        return value;
    }

    /// <summary>
    /// The vector stored under <paramref name="key"/> in <paramref name="format"/>; null when the value is anything else.
    /// </summary>
    public static float[]? Read(CacheFormat format, string key, ReadOnlySpan<byte> value)
    {
        if (value.Length < HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(value) != Signature || value[4] != (byte)format)
            return null;
        int size = value.Length - HeaderLength, dimension = BinaryPrimitives.ReadInt32LittleEndian(value[8..]);
        if (size % SizeOf(format) != 0 || dimension != size / SizeOf(format))
            return null;
        if (BinaryPrimitives.ReadUInt64LittleEndian(value[Covered..]) != Checksum(key, value))
            return null;
        float[] vector = new float[dimension];
        if (format == CacheFormat.Fp16)
            HalfNumbers.Widen(MemoryMarshal.Cast<byte, Half>(value[HeaderLength..]), vector);
        else
            value[HeaderLength..].CopyTo(MemoryMarshal.AsBytes(vector.AsSpan()));
        return vector;
    }

    private static int SizeOf(CacheFormat format) => format == CacheFormat.Fp16 ? 2 : sizeof(float);

    private static ulong Checksum(string key, ReadOnlySpan<byte> value)
    {
        Crc64 checksum = new();
        checksum.Append(Encoding.UTF8.GetBytes(key));
        checksum.Append(value[..Covered]);
        checksum.Append(value[HeaderLength..]);
        return checksum.GetCurrentHashAsUInt64();
    }
}
