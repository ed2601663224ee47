using System.Runtime.InteropServices;
using VitGrid.Engine.Features;
using VitGrid.Model.Segments;

namespace VitGrid.Engine.Tests.Features;

/// <summary>What is cut out of a hidden state, number by number.</summary>
public sealed class FeatureExtractionTests
{
    // Three channels more than are turned at once, and a grid that is not square.
    private static readonly FeatureShape Shape = new(1, 4, 3, 5, 19);

    [Theory]
    [InlineData(FeatureParts.Cls, 0, 1)]
    [InlineData(FeatureParts.Registers, 1, 5)]
    [InlineData(FeatureParts.Patches, 5, 20)]
    [InlineData(FeatureParts.Cls | FeatureParts.Patches, 0, 20)]
    [InlineData(FeatureParts.Cls | FeatureParts.Registers | FeatureParts.Patches, 0, 20)]
    public void Each_kind_of_token_has_its_own_rows_and_no_register_is_a_patch(FeatureParts parts, int first, int end)
    {
        float[] expected = [.. from token in Enumerable.Range(first, end - first)
                               where parts != (FeatureParts.Cls | FeatureParts.Patches) || token is 0 or >= 5
                               from channel in Enumerable.Range(0, Shape.Width)
                               select Number(token, channel)];
        Assert.Equal(expected, MemoryMarshal.Cast<byte, float>(Extract(new() { Layers = [0], Parts = parts })).ToArray());
    }

    [Fact]
    public void Planes_are_the_rows_turned_whatever_the_number_of_channels()
    {
        float[] planes = MemoryMarshal.Cast<byte, float>(
            Extract(new() { Layers = [0], Parts = FeatureParts.Patches, Layout = FeatureLayout.Nchw })).ToArray();
        Assert.Equal(
            from channel in Enumerable.Range(0, Shape.Width)
            from patch in Enumerable.Range(0, Shape.Patches)
            select Number(5 + patch, channel),
            planes);
    }

    [Fact]
    public void Half_precision_is_rounded_to_the_nearest()
    {
        Half[] halves = MemoryMarshal.Cast<byte, Half>(
            Extract(new() { Layers = [0], Parts = FeatureParts.Patches, Type = FeatureType.Float16 })).ToArray();
        Assert.Equal(
            from patch in Enumerable.Range(0, Shape.Patches) from channel in Enumerable.Range(0, Shape.Width)
            select (Half)Number(5 + patch, channel),
            halves);
    }

    [Fact]
    public void Hidden_states_in_16_bits_are_widened_exactly()
    {
        Half[] state = [.. State().Select(number => (Half)number)];
        using FeatureBlock block = FeatureExtraction.Extract(
            MemoryMarshal.AsBytes(state.AsSpan()), ActivationType.Float16, Shape, new() { Layers = [0], Parts = FeatureParts.Cls },
            layer: 0);
        Assert.Equal(state[..Shape.Width].Select(half => (float)half), MemoryMarshal.Cast<byte, float>(Bytes(block)).ToArray());
    }

    [Theory]
    [InlineData(float.NaN, FeatureType.Float32, "layers.3.patches holds NaN", false)]
    [InlineData(float.NegativeInfinity, FeatureType.Float16, "the weights or the precision", false)]
    [InlineData(-65_520f, FeatureType.Float16, "layers.3.patches holds -65520, beyond fp16's 65504; send dtype fp32 or bf16", true)]
    public void A_number_that_cannot_be_given_out_is_told(float number, FeatureType type, string words, bool isBeyondType)
    {
        float[] state = State();
        state[^1] = number;
        FeatureOrder order = new() { Layers = [0], Parts = FeatureParts.Patches, Type = type };
        ArithmeticException refusal = Assert.ThrowsAny<ArithmeticException>(() => FeatureExtraction.Extract(
            MemoryMarshal.AsBytes(state.AsSpan()), ActivationType.Float32, Shape, order, layer: 3));
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(isBeyondType, refusal is OverflowException);
        // What is not asked for is nobody's concern.
        FeatureOrder other = order with { Parts = FeatureParts.Cls };
        FeatureExtraction.Extract(MemoryMarshal.AsBytes(state.AsSpan()), ActivationType.Float32, Shape, other, layer: 3).Dispose();
    }

    [Fact]
    public void A_block_of_many_pieces_has_the_bytes_of_one()
    {
        byte[] bytes = [.. Enumerable.Range(0, (3 * FeatureBlock.ChunkBytes) + 17).Select(i => (byte)(i * 31))];
        using FeatureBlock.Builder builder = new();
        builder.Write(bytes.AsSpan(0, 100_000));
        builder.Write(bytes.AsSpan(100_000));
        using FeatureBlock block = builder.Finish();
        Assert.Equal((4, bytes.Length), (block.Chunks.Count, block.Bytes));
        Assert.Equal(bytes, Bytes(block));
    }

    private static byte[] Extract(FeatureOrder order)
    {
        float[] state = State();
        using FeatureBlock block = FeatureExtraction.Extract(
            MemoryMarshal.AsBytes(state.AsSpan()), ActivationType.Float32, Shape, order, layer: 0);
        Assert.Equal(order.BlockBytes(Shape, 0), block.Bytes);
        return Bytes(block);
    }

    private static byte[] Bytes(FeatureBlock block) => [.. block.Chunks.SelectMany(chunk => chunk.ToArray())];

    private static float[] State() =>
        [.. from token in Enumerable.Range(0, Shape.Tokens) from channel in Enumerable.Range(0, Shape.Width) select Number(token, channel)];

    private static float Number(int token, int channel) => token + (channel / 37f);
}
