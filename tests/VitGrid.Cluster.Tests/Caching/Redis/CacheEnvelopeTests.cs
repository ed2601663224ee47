using FsCheck.Xunit;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Engine.Options;
using VitGrid.Model.Tensors;

namespace VitGrid.Cluster.Tests.Caching.Redis;

public sealed class CacheEnvelopeTests
{
    private const string Key = "vg:1:tiny:00ff:fp32:crop:4:cls:abcd";

    [Property]
    public bool What_was_written_is_read_bit_for_bit(int[] numbers)
    {
        // Every pattern of bits, infinities and all kinds of NaN among them.
        float[] vector = [.. numbers.Select(BitConverter.Int32BitsToSingle)];
        float[]? read = CacheEnvelope.Read(CacheFormat.Fp32, Key, CacheEnvelope.Write(CacheFormat.Fp32, Key, vector));
        return read is not null && read.Select(BitConverter.SingleToInt32Bits).SequenceEqual(numbers);
    }

    [Property(MaxTest = 500)]
    public bool A_flipped_bit_makes_it_no_vector(ushort seed, uint at, bool half)
    {
        CacheFormat format = half ? CacheFormat.Fp16 : CacheFormat.Fp32;
        byte[] value = CacheEnvelope.Write(format, Key, Numbers(seed));
        uint bit = at % (uint)(8 * value.Length);
        value[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        return CacheEnvelope.Read(format, Key, value) is null;
    }

    [Property(MaxTest = 300)]
    public bool A_cut_or_lengthened_value_is_no_vector(ushort seed, byte cut, byte more)
    {
        byte[] value = CacheEnvelope.Write(CacheFormat.Fp32, Key, Numbers(seed));
        byte[] shorter = value[..^Math.Min(cut + 1, value.Length)];
        byte[] longer = [.. value, .. new byte[more + 1]];
        return CacheEnvelope.Read(CacheFormat.Fp32, Key, shorter) is null && CacheEnvelope.Read(CacheFormat.Fp32, Key, longer) is null;
    }

    [Property(MaxTest = 300)]
    public bool Garbage_is_no_vector(byte[] garbage) => CacheEnvelope.Read(CacheFormat.Fp32, Key, garbage) is null;

    [Fact]
    public void A_value_of_another_key_format_or_version_is_no_vector()
    {
        byte[] value = CacheEnvelope.Write(CacheFormat.Fp32, Key, Numbers(1));
        Assert.NotNull(CacheEnvelope.Read(CacheFormat.Fp32, Key, value));
        Assert.Null(CacheEnvelope.Read(CacheFormat.Fp32, Key.Replace("abcd", "abce", StringComparison.Ordinal), value));
        Assert.Null(CacheEnvelope.Read(CacheFormat.Fp16, Key, value));
        value[3] = 2;
        Assert.Null(CacheEnvelope.Read(CacheFormat.Fp32, Key, value));
    }

    [Fact]
    public void Half_precision_takes_half_the_bytes_is_near_and_rounding_again_changes_nothing()
    {
        float[] vector = Numbers(7), rounded = HalfNumbers.Rounded(vector)!;
        byte[] value = CacheEnvelope.Write(CacheFormat.Fp16, Key, vector);
        Assert.Equal(CacheEnvelope.HeaderLength + (2 * vector.Length), value.Length);
        Assert.Equal(rounded, CacheEnvelope.Read(CacheFormat.Fp16, Key, value));
        Assert.Equal(rounded, HalfNumbers.Rounded(rounded));
        Assert.All(vector.Zip(rounded), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= Math.Abs(pair.First) / 2048));
    }

    [Fact]
    public void A_number_beyond_half_precision_leaves_the_vector_as_it_is() => Assert.Null(HalfNumbers.Rounded([1, 70_000]));

    private static float[] Numbers(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, 1 + (seed % 70)).Select(_ => (random.NextSingle() - 0.5f) * 40)];
    }
}
