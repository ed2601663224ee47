using VitGrid.Model.Segments;

namespace VitGrid.Model.Tests.Segments;

public sealed class StageCostsTests
{
    private static readonly EncoderCosts Encoder = new()
    {
        Depth = 4, EmbeddingFlops = 1, BlockFlops = 1, EmbeddingParameters = 1_000, BlockParameters = 10_000, ActivationElements = 100,
    };

    [Fact]
    public void A_head_is_the_last_segments_and_room_is_left_for_it()
    {
        StageCosts costs = new(Encoder with { HeadParameters = 5_000 }, Precision.Int8, BatchSize: 1, ActivationType.Float32);
        Assert.Equal(20_000 + 4_000, costs.WeightBytes(new(0, 2)));
        Assert.Equal(20_000 + 20_000, costs.WeightBytes(new(2, 2)));
        Assert.Equal(2, costs.MaxBlocks(20_000 + 20_000 + costs.ActivationBytes, embedding: false));
        Assert.Equal(1, costs.MaxBlocks(20_000 + 20_000 + costs.ActivationBytes, embedding: true));
    }

    [Fact]
    public void The_memory_of_an_encoder_beside_it_is_spread_over_its_blocks_and_rounded_up()
    {
        EncoderCosts other = Encoder with { Depth = 3, BlockParameters = 7, EmbeddingParameters = 50, HeadParameters = 5, BlockFlops = 9 };
        EncoderCosts both = Encoder.WithMemoryOf(other, batch: 3, otherBatch: 2);
        Assert.Equal((4, 10_006, 1_050, 5), (both.Depth, both.BlockParameters, both.EmbeddingParameters, both.HeadParameters));
        Assert.Equal(100 + 67, both.ActivationElements);
        Assert.Equal(Encoder.TotalFlops, both.TotalFlops);
        Assert.Throws<ArgumentOutOfRangeException>(() => Encoder.WithMemoryOf(other, batch: 0, otherBatch: 2));
    }

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
