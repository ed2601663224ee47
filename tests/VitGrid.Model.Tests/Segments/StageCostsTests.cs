using VitGrid.Model.Segments;

namespace VitGrid.Model.Tests.Segments;

public sealed class StageCostsTests
{
    private static readonly EncoderCosts Encoder = new()
    {
        Depth = 4, EmbeddingFlops = 1, BlockFlops = 1, EmbeddingParameters = 1_000, BlockParameters = 10_000, ActivationElements = 100,
    };

    [Theory]
    [InlineData(Precision.Fp32, 4, 4, 4)]
    [InlineData(Precision.Bf16, 2, 2, 2)]
    [InlineData(Precision.Fp16, 2, 2, 2)]
    [InlineData(Precision.Int8, 1, 4, 4)]
    public void Eight_bits_take_a_byte_a_weight_of_a_block_and_single_precision_elsewhere(
        Precision precision, int block, int embedding, int activation)
    {
        StageCosts costs = new(Encoder, precision, BatchSize: 2);
        Assert.Equal(10_000 * block, costs.WeightBytes(new(1, 1)));
        Assert.Equal((1_000 * embedding) + (40_000 * block), costs.WeightBytes(costs.Whole));
        Assert.Equal(200 * activation, costs.ActivationBytes);
    }
}
