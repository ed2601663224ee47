using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;

namespace VitGrid.Cluster.Tests.Options;

public sealed class BatchSizeTests
{
    [Theory]
    [InlineData(724, 1)]
    [InlineData(51, 1)]
    [InlineData(50, 1)]
    [InlineData(20, 2)]
    [InlineData(0.25, 8)]
    public void A_batch_holds_the_arithmetic_it_may_and_at_least_one_image(double gigaflop, int images)
    {
        Assert.Equal(images, new BatchingOptions().SizeFor(Costs(gigaflop), DeviceList.Parse("cuda:0,cpu:0")));
    }

    [Fact]
    public void A_batch_on_CUDA_devices_alone_is_as_large_as_allowed() =>
        Assert.Equal(32, new BatchingOptions { MaxBatchSize = 32 }.SizeFor(Costs(11_945), DeviceList.Parse("cuda:0,cuda:1")));

    private static EncoderCosts Costs(double gigaflop) => new()
    {
        Depth = 1, EmbeddingFlops = 0, BlockFlops = gigaflop * 1e9, EmbeddingParameters = 0, BlockParameters = 0, ActivationElements = 0,
    };
}
