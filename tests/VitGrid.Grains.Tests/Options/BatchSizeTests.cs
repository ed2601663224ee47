using VitGrid.Grains.Options;
using VitGrid.Model.Segments;

namespace VitGrid.Grains.Tests.Options;

public sealed class BatchSizeTests
{
    [Theory]
    [InlineData(724, 1)]
    [InlineData(51, 1)]
    [InlineData(50, 1)]
    [InlineData(20, 2)]
    [InlineData(0.25, 8)]
    public void A_batch_holds_the_arithmetic_it_may_and_at_least_one_picture(double gigaflop, int pictures)
    {
        EncoderCosts costs = new()
        {
            Depth = 1, EmbeddingFlops = 0, BlockFlops = gigaflop * 1e9, EmbeddingParameters = 0, BlockParameters = 0, ActivationElements = 0,
        };
        Assert.Equal(pictures, new BatchingOptions().SizeFor(costs));
    }
}
