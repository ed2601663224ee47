using FsCheck.Xunit;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Tests.Caching.Redis;

public sealed class CacheEnvelopeTests
{
    private const string Key = "vg:1:tiny:00ff:fp32:crop:4:cls:abcd";

    private static readonly CacheEnvelope Plain = new(CacheFormat.Fp32), Half = new(CacheFormat.Fp16);

    private static readonly string First = new('1', 32), Second = new('2', 32);

    [Property]
    public bool What_was_written_is_read_bit_for_bit(int[] numbers, bool first)
    {
        float[] vector = [.. numbers.Select(BitConverter.Int32BitsToSingle).Where(float.IsFinite)];
        VectorOrigin? origin = first ? null : Origin;
        return new[] { Plain, Sealed(First) }.All(envelope => envelope.Read(default, Key, envelope.Write(Key, vector, origin)) is
        { Vector: { } read } stored && stored.Origin == origin
            && read.Select(BitConverter.SingleToInt32Bits).SequenceEqual(vector.Select(BitConverter.SingleToInt32Bits)));
    }

    [Fact]
    public void The_second_envelope_says_where_and_when_and_its_beginning_alone_does()
    {
        foreach (CacheEnvelope envelope in new[] { Plain, Half, Sealed(First) })
        {
            byte[] value = envelope.Write(Key, [1, 2, 3], Origin);
            Assert.Equal(Origin, envelope.Read(default, Key, value).Origin);
            Assert.Equal(Origin, envelope.Peek(value.AsSpan(0, envelope.HeaderLength + 8 + Origin.Devices.Length)));
            Assert.Null(envelope.Peek(value.AsSpan(0, envelope.HeaderLength + 8)));
            Assert.Null(envelope.Peek(envelope.Write(Key, [1, 2, 3])));
        }
        VectorOrigin longest = new(new('ü', VectorOrigin.MaxLength), Origin.ComputedAt);
        byte[] largest = Plain.Write(Key, [1, 2, 3], longest);
        Assert.Equal(longest, Plain.Peek(largest.AsSpan(0, Math.Min(largest.Length, Plain.PeekLength))));
    }

    /// <summary>
    /// What builds before ask of a value first: the signature with the version they write, format, length and dimension. Nothing else is
    /// looked at where it does not fit, so that it is a miss, and neither counted as rejected nor deleted.
    /// </summary>
    [Fact]
    public void Builds_before_take_the_second_envelope_for_a_value_of_another_version()
    {
        Assert.Equal("76676503", Convert.ToHexString(Plain.Write(Key, [1, 2], Origin).AsSpan(0, 4)));
        Assert.Equal("76676504", Convert.ToHexString(Sealed(First).Write(Key, [1, 2], Origin).AsSpan(0, 4)));
        Assert.Equal("76676501", Convert.ToHexString(Plain.Write(Key, [1, 2]).AsSpan(0, 4)));
        Assert.Equal("76676502", Convert.ToHexString(Sealed(First).Write(Key, [1, 2]).AsSpan(0, 4)));
    }

    [Fact]
    public void An_origin_cannot_be_changed_or_taken_away()
    {
        foreach (CacheEnvelope envelope in new[] { Plain, Sealed(First) })
        {
            byte[] value = envelope.Write(Key, [1, 2, 3], Origin);
            byte[] other = [.. value];
            other[envelope.HeaderLength + 9] ^= 1;
            Assert.Null(Read(envelope, other));
            byte[] without = [.. value[..envelope.HeaderLength], .. value[(envelope.HeaderLength + 8 + Origin.Devices.Length)..]];
            (without[3], without[6]) = ((byte)(without[3] - 2), 0);
            Assert.Null(Read(envelope, without));
        }
    }

    [Property(MaxTest = 500)]
    public bool A_flipped_bit_makes_it_no_vector(ushort seed, uint at, bool half, bool isSealed)
    {
        CacheEnvelope envelope = new(half ? CacheFormat.Fp16 : CacheFormat.Fp32, isSealed ? new CacheSeal([First]) : null);
        byte[] value = envelope.Write(Key, Numbers(seed), seed % 2 == 0 ? Origin : null);
        uint bit = at % (uint)(8 * value.Length);
        value[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        return Read(envelope, value) is null;
    }

    [Property(MaxTest = 300)]
    public bool A_cut_or_lengthened_value_is_no_vector(ushort seed, byte cut, byte more)
    {
        byte[] value = Plain.Write(Key, Numbers(seed));
        byte[] shorter = value[..^Math.Min(cut + 1, value.Length)];
        byte[] longer = [.. value, .. new byte[more + 1]];
        return Read(Plain, shorter) is null && Read(Plain, longer) is null;
    }

    [Property(MaxTest = 300)]
    public bool Garbage_is_no_vector(byte[] garbage) => Read(Plain, garbage) is null && Read(Sealed(First), garbage) is null;

    [Fact]
    public void A_value_of_another_key_format_or_version_is_no_vector()
    {
        byte[] value = Plain.Write(Key, Numbers(1));
        Assert.NotNull(Read(Plain, value));
        Assert.Null(Plain.Read(default, Key.Replace("abcd", "abce", StringComparison.Ordinal), value).Vector);
        Assert.Null(Read(Half, value));
        value[3] = 3;
        Assert.Null(Read(Plain, value));
    }

    [Fact]
    public void The_bytes_are_those_of_builds_before_while_no_key_is_set() => Assert.Equal(
        "766765010000000002000000", Convert.ToHexString(Plain.Write(Key, [1, 2]).AsSpan(0, 12)));

    [Theory]
    [InlineData(2, 1f, "it has 2 numbers, not 3")]
    [InlineData(4, 1f, "it has 4 numbers, not 3")]
    [InlineData(3, float.NaN, "it holds NaN")]
    [InlineData(3, float.NegativeInfinity, "it holds -Infinity")]
    public void A_right_checksum_over_wrong_numbers_is_not_believed(int length, float number, string reason)
    {
        EmbeddingKey key = new("scope", 1, 2) { Length = 3 };
        foreach (CacheEnvelope envelope in new[] { Plain, Half, Sealed(First) })
        {
            StoredVector read = envelope.Read(key, Key, envelope.Write(Key, Enumerable.Repeat(number, length).ToArray()));
            Assert.Equal((null, reason), (read.Vector, read.Rejection));
        }
        Assert.NotNull(Plain.Read(key, Key, Plain.Write(Key, [1, 2, 3])).Vector);
    }

    [Fact]
    public void Where_a_key_is_set_only_what_one_of_the_keys_wrote_is_read()
    {
        float[] vector = Numbers(7);
        byte[] first = Sealed(First).Write(Key, vector), second = Sealed(Second).Write(Key, vector);
        Assert.Equal(vector, Read(Sealed(Second, First), first));
        Assert.Equal(vector, Read(Sealed(Second, First), second));
        Assert.Equal(second, Sealed(Second, First).Write(Key, vector));
        Assert.Equal("no key that is set here has written it", Sealed(Second).Read(default, Key, first).Rejection);
        Assert.Null(Read(Plain, first));
        // What builds or processes without keys wrote is computed anew.
        Assert.Equal(default, Sealed(First).Read(default, Key, Plain.Write(Key, vector)));
    }

    [Fact]
    public void Half_precision_takes_half_the_bytes_is_near_and_rounding_again_changes_nothing()
    {
        float[] vector = Numbers(7), rounded = HalfNumbers.Rounded(vector)!;
        byte[] value = Half.Write(Key, vector);
        Assert.Equal(Half.HeaderLength + (2 * vector.Length), value.Length);
        Assert.Equal(rounded, Read(Half, value));
        Assert.Equal(rounded, HalfNumbers.Rounded(rounded));
        Assert.All(vector.Zip(rounded), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= Math.Abs(pair.First) / 2048));
    }

    [Fact]
    public void A_number_beyond_half_precision_leaves_the_vector_as_it_is() => Assert.Null(HalfNumbers.Rounded([1, 70_000]));

    private static readonly VectorOrigin Origin =
        new("S10.0.0.1:11111:7/cuda:0", DateTimeOffset.FromUnixTimeMilliseconds(1_795_510_597_908));

    private static CacheEnvelope Sealed(params string[] keys) => new(CacheFormat.Fp32, new(keys));

    private static float[]? Read(CacheEnvelope envelope, byte[] value) => envelope.Read(default, Key, value).Vector;

    private static float[] Numbers(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, 1 + (seed % 70)).Select(_ => (random.NextSingle() - 0.5f) * 40)];
    }
}
