using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>
/// A vector as Redis holds it, little-endian: <c>vge</c>, form u8; format u8 (0 fp32, 1 fp16), zero, length of the origin u16; dimension
/// u32; proof; the origin (when it was computed, milliseconds since 1970, i64; the devices it passed, UTF-8); the numbers. The first
/// envelope has no origin, the second one has; where nobody says one, the first is written, and both are read. The proof is the CRC-64 of
/// the key's text, the 12 bytes before it and all behind it; where keys are set, the first 16 bytes of their HMAC-SHA256
/// (<see cref="CacheSeal"/>). The form tells both apart: 1 and 2 are the first envelope with either proof, 3 and 4 the second. A value that
/// is cut, changed, of another key, format or form is no vector: a CRC finds every change within 64 neighbouring bits, and any other but
/// one in 2^64. Builds before know no second envelope: to them it is a value of another form, which is computed anew and overwritten.
/// </summary>
internal sealed class CacheEnvelope(CacheFormat format, CacheSeal? seal = null)
{
    private const int Covered = 12;
    private const int ChecksumLength = 8;
    private const int TimeLength = sizeof(long);
    private const uint Signature = 0x00656776;
    private const uint Form = 1u << 24;
    private const uint FormWithOrigin = 3u << 24;
    private const uint SealedBy = 1u << 24;

    /// <summary>Bytes before origin and numbers.</summary>
    public int HeaderLength => Covered + (seal is null ? ChecksumLength : CacheSeal.Length);

    private int NumberLength => format == CacheFormat.Fp16 ? 2 : sizeof(float);

    /// <summary>A vector as it is stored under <paramref name="key"/>.</summary>
    public byte[] Write(string key, ReadOnlySpan<float> vector, VectorOrigin? origin = null)
    {
        byte[] devices = origin is null ? [] : Encoding.UTF8.GetBytes(origin.Devices);
        int originLength = origin is null ? 0 : TimeLength + devices.Length;
        byte[] value = new byte[HeaderLength + originLength + (vector.Length * NumberLength)];
        BinaryPrimitives.WriteUInt32LittleEndian(value, SignatureFor(origin is not null));
        value[4] = (byte)format;
        BinaryPrimitives.WriteUInt16LittleEndian(value.AsSpan(6), (ushort)originLength);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(8), vector.Length);
        if (origin is not null)
        {
            BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(HeaderLength), origin.Milliseconds);
            devices.CopyTo(value, HeaderLength + TimeLength);
        }
        WriteNumbers(vector, value.AsSpan(HeaderLength + originLength));
        Prove(key, value, value.AsSpan(Covered, HeaderLength - Covered));
        return value;
    }

    /// <summary>What is stored under <paramref name="key"/>, whose text is <paramref name="text"/>.</summary>
    public StoredVector Read(EmbeddingKey key, string text, ReadOnlySpan<byte> value)
    {
        if (OriginLength(value) is not { } originLength)
            return default;
        if (!IsProven(text, value))
            return seal is null ? default : new(null, "no key that is set here has written it");
        float[] vector = Numbers(value[(HeaderLength + originLength)..]);
        return key.Objection(vector) is { } objection
            ? new(null, objection)
            : new(vector, null) { Origin = Origin(value.Slice(HeaderLength, originLength)) };
    }

    /// <summary>
    /// The origin that the beginning of a value tells of, unproven, as far as it is within <paramref name="beginning"/>: enough to find
    /// what a device has computed. Null where it tells of none.
    /// </summary>
    public VectorOrigin? Peek(ReadOnlySpan<byte> beginning)
    {
        if (beginning.Length < HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(beginning) != SignatureFor(hasOrigin: true))
            return null;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(beginning[6..]);
        return length > TimeLength && beginning.Length >= HeaderLength + length ? Origin(beginning.Slice(HeaderLength, length)) : null;
    }

    /// <summary>Whether the beginning of a value tells of an origin that goes on behind it.</summary>
    public bool IsCut(ReadOnlySpan<byte> beginning) => beginning.Length >= HeaderLength
        && BinaryPrimitives.ReadUInt32LittleEndian(beginning) == SignatureFor(hasOrigin: true)
        && HeaderLength + BinaryPrimitives.ReadUInt16LittleEndian(beginning[6..]) > beginning.Length;

    /// <summary>Bytes of a value within which <see cref="Peek"/> finds every origin.</summary>
    public int PeekLength => HeaderLength + TimeLength + (3 * VectorOrigin.MaxLength);

    private uint SignatureFor(bool hasOrigin) => Signature | ((hasOrigin ? FormWithOrigin : Form) + (seal is null ? 0 : SealedBy));

    /// <summary>Bytes of the origin, 0 for the first envelope; null: it is of no form that is read here.</summary>
    private int? OriginLength(ReadOnlySpan<byte> value)
    {
        if (value.Length < HeaderLength || value[4] != (byte)format)
            return null;
        uint signature = BinaryPrimitives.ReadUInt32LittleEndian(value);
        int origin = signature == SignatureFor(hasOrigin: true) ? BinaryPrimitives.ReadUInt16LittleEndian(value[6..]) : 0;
        if (signature != SignatureFor(origin > 0) || origin is > 0 and <= TimeLength)
            return null;
        int size = value.Length - HeaderLength - origin;
        return size >= 0 && size % NumberLength == 0 && BinaryPrimitives.ReadInt32LittleEndian(value[8..]) == size / NumberLength
            ? origin
            : null;
    }

    private static VectorOrigin? Origin(ReadOnlySpan<byte> origin) => origin.IsEmpty
        ? null
        : VectorOrigin.From(Encoding.UTF8.GetString(origin[TimeLength..]), BinaryPrimitives.ReadInt64LittleEndian(origin));

    private void WriteNumbers(ReadOnlySpan<float> vector, Span<byte> numbers)
    {
        if (format != CacheFormat.Fp16)
        {
            MemoryMarshal.AsBytes(vector).CopyTo(numbers);
            return;
        }
        Half[] narrowed = new Half[vector.Length];
        HalfNumbers.Narrow(vector, narrowed);
        MemoryMarshal.AsBytes(narrowed.AsSpan()).CopyTo(numbers);
    }

    private float[] Numbers(ReadOnlySpan<byte> numbers)
    {
        float[] vector = new float[numbers.Length / NumberLength];
        if (format != CacheFormat.Fp16)
        {
            numbers.CopyTo(MemoryMarshal.AsBytes(vector.AsSpan()));
            return vector;
        }
        // Behind an origin of odd length numbers lie at an odd address.
        Half[] narrowed = new Half[vector.Length];
        numbers.CopyTo(MemoryMarshal.AsBytes(narrowed.AsSpan()));
        HalfNumbers.Widen(narrowed, vector);
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
internal readonly record struct StoredVector(float[]? Vector, string? Rejection)
{
    /// <summary>Where it was computed; null where nobody says.</summary>
    public VectorOrigin? Origin { get; init; }
}
