using System.Buffers.Binary;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Client;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Tests.Api;

public sealed class VectorEncodingTests
{
    private static readonly float[] Sample = [0.5f, -0.25f, 0f, 1f, -1f, 0.001f, -0.004f, 0.75f, 0.1f, -0.0f];

    [Property]
    public bool Base64_is_the_bits_of_the_numbers(NormalFloat[] values)
    {
        float[] vector = Finite(values);
        EmbeddingVector numbers = JsonTrip(Encode(vector, EmbeddingType.Float, EncodingFormat.Float));
        EmbeddingVector bytes = JsonTrip(Encode(vector, EmbeddingType.Float, EncodingFormat.Base64));
        return Bits(numbers.ToSingles()).SequenceEqual(Bits(vector)) && Bits(bytes.ToSingles()).SequenceEqual(Bits(vector));
    }

    [Property]
    public bool A_normalised_vector_has_length_one_and_the_same_direction(NormalFloat[] values)
    {
        float[] vector = Finite(values);
        float[] unit = VectorEncoding.Normalize(vector);
        if (vector.All(value => value == 0))
            return unit.All(value => value == 0);
        double length = Math.Sqrt(unit.Sum(value => (double)value * value));
        return Math.Abs(length - 1) < 1e-6
            && vector.Zip(unit).All(pair => pair.Second == 0 || Math.Sign(pair.First) == Math.Sign(pair.Second));
    }

    [Property]
    public bool Integers_keep_each_number_within_half_a_step_of_the_largest(NormalFloat[] values)
    {
        float[] vector = Finite(values);
        float[] int8 = Encode(vector, EmbeddingType.Int8, EncodingFormat.Float).ToSingles();
        float[] uint8 = Encode(vector, EmbeddingType.UInt8, EncodingFormat.Float).ToSingles();
        double step = vector.Select(Math.Abs).DefaultIfEmpty().Max() / 127.0;
        return Enumerable.Range(0, vector.Length).All(i =>
            int8[i] is >= -127 and <= 127 && uint8[i] == int8[i] + 128
                && Math.Abs((int8[i] * step) - vector[i]) <= (step * 0.5000001) + 1e-30);
    }

    [Property]
    public bool Every_bit_of_ubinary_is_a_sign(NormalFloat[] values)
    {
        float[] vector = Finite(values);
        ReadOnlyMemory<byte> packed = Encode(vector, EmbeddingType.UBinary, EncodingFormat.Base64).Bytes;
        float[] signed = Encode(vector, EmbeddingType.Binary, EncodingFormat.Float).ToSingles();
        return packed.Length == (vector.Length + 7) / 8
            && Enumerable.Range(0, packed.Length * 8).All(
                i => ((packed.Span[i / 8] >> (7 - (i % 8))) & 1) == (i < vector.Length && vector[i] > 0 ? 1 : 0))
            && signed.Zip(packed.ToArray()).All(pair => pair.First == pair.Second - 128);
    }

    [Fact]
    public void Known_values_of_every_type()
    {
        Assert.Equal([0.5f, -0.25f, 0f, 1f, -1f, 0.0010004044f, -0.0040016174f, 0.75f, 0.099975586f, -0.0f], Numbers(
            EmbeddingType.Float16));
        Assert.Equal([64, -32, 0, 127, -127, 0, -1, 95, 13, 0], Numbers(EmbeddingType.Int8));
        Assert.Equal([192, 96, 128, 255, 1, 128, 127, 223, 141, 128], Numbers(EmbeddingType.UInt8));
        Assert.Equal([0b1001_0101, 0b1000_0000], Numbers(EmbeddingType.UBinary));
        Assert.Equal([0b1001_0101 - 128, 0b1000_0000 - 128], Numbers(EmbeddingType.Binary));
        Assert.Equal(0xF8, Encode([1, -0.06f], EmbeddingType.Int8, EncodingFormat.Base64).Bytes.Span[1]);
    }

    [Fact]
    public void Halves_are_little_endian_and_saturate()
    {
        ReadOnlySpan<byte> bytes = Encode([1f, 1e9f, -1e9f], EmbeddingType.Float16, EncodingFormat.Base64).Bytes.Span;
        Assert.Equal([(Half)1, Half.MaxValue, Half.MinValue],
            [BinaryPrimitives.ReadHalfLittleEndian(bytes), BinaryPrimitives.ReadHalfLittleEndian(
                bytes[2..]), BinaryPrimitives.ReadHalfLittleEndian(bytes[4..])]);
    }

    [Fact]
    public void A_sum_of_many_squares_is_taken_in_double()
    {
        float[] vector = [.. Enumerable.Repeat(1f, 1 << 20), 4096f];
        float[] unit = VectorEncoding.Normalize(vector);
        Assert.Equal((float)(4096 / Math.Sqrt((1 << 20) + (4096.0 * 4096))), unit[^1]);
    }

    [Fact]
    public void Not_a_number_is_refused_with_its_position()
    {
        ArithmeticException refused = Assert.Throws<ArithmeticException>(
            () => Encode([1, 2, float.PositiveInfinity], EmbeddingType.Float, EncodingFormat.Float));
        Assert.Contains("position 2 of 3", refused.Message, StringComparison.Ordinal);
    }

    private static float[] Numbers(EmbeddingType type) => Encode(Sample, type, EncodingFormat.Float).ToSingles();

    private static EmbeddingVector Encode(float[] vector, EmbeddingType type, EncodingFormat format) =>
        VectorEncoding.Encode(vector, new EmbeddingFields { Normalize = false, Type = type, Encoding = format });

    private static EmbeddingVector JsonTrip(EmbeddingVector vector) =>
        JsonSerializer.Deserialize<EmbeddingVector>(JsonSerializer.SerializeToUtf8Bytes(vector))!;

    private static float[] Finite(NormalFloat[] values) => [.. values.Select(value => (float)value.Get).Where(float.IsFinite)];

    private static IEnumerable<int> Bits(float[] values) => values.Select(BitConverter.SingleToInt32Bits);
}
