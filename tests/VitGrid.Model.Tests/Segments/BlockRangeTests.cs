using FsCheck.Xunit;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Tests.Segments;

public sealed class BlockRangeTests
{
    [Property]
    public void Every_block_is_in_exactly_one_segment_in_order(byte depth, byte segments)
    {
        int blocks = depth + 1;
        int parts = (segments % blocks) + 1;
        IReadOnlyList<BlockRange> ranges = BlockRange.Split(blocks, parts);
        Assert.Equal(parts, ranges.Count);
        Assert.Equal(Enumerable.Range(0, blocks), ranges.SelectMany(range => Enumerable.Range(range.First, range.Count)));
        Assert.True(ranges.Max(range => range.Count) - ranges.Min(range => range.Count) <= 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(5)]
    public void More_segments_than_blocks_or_none_are_refused(int segments)
    {
        ArgumentOutOfRangeException refusal = Assert.Throws<ArgumentOutOfRangeException>(() => BlockRange.Split(4, segments));
        Assert.Contains("4 blocks can be cut into 1 to 4 segments", refusal.Message, StringComparison.Ordinal);
    }
}
