using VitGrid.Model.Segments;

namespace VitGrid.Model.Tests.Segments;

public sealed class StageCostsTests
{
    private static readonly EncoderCosts Encoder = new()
    {
        Depth = 4, EmbeddingFlops = 1, BlockFlops = 1, EmbeddingParameters = 1_000, BlockParameters = 10_000, ActivationElements = 100,
    };

    [Theory]
    [InlineData(Precision.Fp32, ActivationType.Float32, 4, 4, 4)]
    [InlineData(Precision.Bf16, ActivationType.BFloat16, 2, 2, 2)]
    [InlineData(Precision.Bf16, ActivationType.Float32, 2, 2, 4)]
    [InlineData(Precision.Fp16, ActivationType.Float16, 2, 2, 2)]
    [InlineData(Precision.Int8, ActivationType.Float32, 1, 4, 4)]
    public void Weights_take_what_the_precision_stores_and_activations_what_is_computed_in(
        Precision precision, ActivationType compute, int block, int embedding, int activation)
    {
        StageCosts costs = new(Encoder, precision, BatchSize: 2, compute);
        Assert.Equal(10_000 * block, costs.WeightBytes(new(1, 1)));
        Assert.Equal((1_000 * embedding) + (40_000 * block), costs.WeightBytes(costs.Whole));
        Assert.Equal(200 * activation, costs.ActivationBytes);
    }
}
