using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;
using VitGrid.Model.Tensors;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>
/// A vector as Redis holds it, little-endian: <c>vge</c>, version u8; format u8 (0 fp32, 1 fp16), three zeros; dimension u32; proof; the
/// numbers. In version 1 the proof is the CRC-64 of the key's text, the 12 bytes before and the numbers; in version 2, which is written
/// and read where keys are set, the first 16 bytes of their HMAC-SHA256 (<see cref="CacheSeal"/>). A value that is cut, changed, of another
/// key, format or version is no vector: a CRC finds every change within 64 neighbouring bits, and any other but one in 2^64.
/// </summary>
internal sealed class CacheEnvelope(CacheFormat format, CacheSeal? seal = null)
{
    private const int Covered = 12;
    private const int ChecksumLength = 8;
    private const uint Signature = 0x00656776;
    private const uint Version = 1u << 24;
    private const uint SealedVersion = 2u << 24;

    /// <summary>Bytes before the numbers.</summary>
    public int HeaderLength => Covered + (seal is null ? ChecksumLength : CacheSeal.Length);

    private int NumberLength => format == CacheFormat.Fp16 ? 2 : sizeof(float);

    /// <summary>A vector as it is stored under <paramref name="key"/>.</summary>
    public byte[] Write(string key, ReadOnlySpan<float> vector)
    {
        byte[] value = new byte[HeaderLength + (vector.Length * NumberLength)];
        BinaryPrimitives.WriteUInt32LittleEndian(value, Signature | (seal is null ? Version : SealedVersion));
        value[4] = (byte)format;
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(8), vector.Length);
        Span<byte> numbers = value.AsSpan(HeaderLength);
        if (format == CacheFormat.Fp16)
            HalfNumbers.Narrow(vector, MemoryMarshal.Cast<byte, Half>(numbers));
        else
            MemoryMarshal.AsBytes(vector).CopyTo(numbers);
        Prove(key, value, value.AsSpan(Covered, HeaderLength - Covered));
        return value;
    }

    /// <summary>What is stored under <paramref name="key"/>, whose text is <paramref name="text"/>.</summary>
    public StoredVector Read(EmbeddingKey key, string text, ReadOnlySpan<byte> value)
    {
        if (!IsForm(value))
            return default;
        if (!IsProven(text, value))
            return seal is null ? default : new(null, "no key that is set here has written it");
        float[] vector = Numbers(value[HeaderLength..]);
        return key.Objection(vector) is { } objection ? new(null, objection) : new(vector, null);
    }

    private bool IsForm(ReadOnlySpan<byte> value)
    {
        uint expected = Signature | (seal is null ? Version : SealedVersion);
        if (value.Length < HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(value) != expected || value[4] != (byte)format)
            return false;
        int size = value.Length - HeaderLength;
        return size % NumberLength == 0 && BinaryPrimitives.ReadInt32LittleEndian(value[8..]) == size / NumberLength;
    }

    private float[] Numbers(ReadOnlySpan<byte> numbers)
    {
        float[] vector = new float[numbers.Length / NumberLength];
        if (format == CacheFormat.Fp16)
            HalfNumbers.Widen(MemoryMarshal.Cast<byte, Half>(numbers), vector);
        else
            numbers.CopyTo(MemoryMarshal.AsBytes(vector.AsSpan()));
        return vector;
    }

    private void Prove(string key, ReadOnlySpan<byte> value, Span<byte> proof)
    {
        if (seal is null)
            BinaryPrimitives.WriteUInt64LittleEndian(proof, Checksum(key, value));
        else
            seal.Sign(key, value[..Covered], value[HeaderLength..], proof);
    }

    private bool IsProven(string key, ReadOnlySpan<byte> value) => seal is null
        ? BinaryPrimitives.ReadUInt64LittleEndian(value[Covered..]) == Checksum(key, value)
        : seal.IsSigned(key, value[..Covered], value[HeaderLength..], value.Slice(Covered, CacheSeal.Length));

    private ulong Checksum(string key, ReadOnlySpan<byte> value)
    {
        Crc64 checksum = new();
        checksum.Append(Encoding.UTF8.GetBytes(key));
        checksum.Append(value[..Covered]);
        checksum.Append(value[HeaderLength..]);
        return checksum.GetCurrentHashAsUInt64();
    }
}

/// <summary>What a value in Redis came to.</summary>
/// <param name="Vector">The vector; null: there is none of this form, and a new one takes its place.</param>
/// <param name="Rejection">Why a value that looks like a vector is none: whoever wrote it is not to be believed. Null otherwise.</param>
internal readonly record struct StoredVector(float[]? Vector, string? Rejection);
