using FsCheck.Xunit;
using VitGrid.Engine.Replica;

namespace VitGrid.Engine.Tests.Replica;

public sealed class BatchSizesTests
{
    [Theory]
    [InlineData(3, false, 3)]
    [InlineData(4, true, 4)]
    [InlineData(7, true, 4)]
    [InlineData(8, true, 8)]
    [InlineData(15, true, 8)]
    [InlineData(40, true, 16)]
    public void A_batch_leaves_at_the_largest_preferred_size_that_is_reached(int waiting, bool enough, int size)
    {
        BatchSizes sizes = new(new() { MaxBatchSize = 16, PreferredSizes = [8, 4] });
        Assert.Equal((enough, size), (sizes.IsEnough(waiting), sizes.For(waiting)));
    }

    [Fact]
    public void Without_preferred_sizes_only_a_full_batch_need_not_wait()
    {
        BatchSizes sizes = new(new() { MaxBatchSize = 8 });
        Assert.Equal((false, 7, true, 8), (sizes.IsEnough(7), sizes.For(7), sizes.IsEnough(9), sizes.For(9)));
    }

    [Fact]
    public void A_preferred_size_that_a_model_cannot_reach_does_not_count()
    {
        BatchSizes sizes = new(new() { MaxBatchSize = 2, PreferredSizes = [4, 8] });
        Assert.Equal((2, 2), (sizes.For(8), sizes.For(2)));
    }

    [Property]
    public bool No_batch_is_larger_than_what_waits_or_than_the_limit(byte limit, byte[] preferred, byte waiting)
    {
        int most = Math.Max(1, (int)limit);
        BatchSizes sizes = new(new() { MaxBatchSize = most, PreferredSizes = [.. preferred.Select(size => Math.Max(1, (int)size))] });
        int size = sizes.For(waiting);
        return size <= waiting && size <= most && (size > 0 || waiting == 0);
    }
}
