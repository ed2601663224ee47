using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Options;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Tests.FrontEnd;

public sealed class DecodeBudgetTests
{
    private const int Mebibyte = 1 << 20;

    private readonly DecodeBudget _budget = new(new() { DecodeThreads = 4, MaxDecodeBytes = 160 * Mebibyte });

    [Theory]
    [InlineData(10, 0, false), InlineData(11, 0, true), InlineData(0, 100_000_000, false), InlineData(0, 100_000_001, true)]
    public void An_image_is_heavy_by_its_memory_or_by_its_work(int mebibytes, long work, bool isHeavy) =>
        Assert.Equal(isHeavy, _budget.IsHeavy(new((long)mebibytes * Mebibyte, work)));

    [Fact]
    public void Heavy_images_share_three_quarters_of_the_memory()
    {
        DecodeCost large = new(100 * Mebibyte, 0), small = new(20 * Mebibyte, 0);
        Assert.True(_budget.TryEnter(large));
        Assert.False(_budget.TryEnter(large));
        Assert.True(_budget.TryEnter(small));
        _budget.Leave(large);
        Assert.True(_budget.TryEnter(large));
    }

    [Fact]
    public void Heavy_images_take_half_of_the_threads()
    {
        DecodeCost busy = new(Mebibyte, 1_000_000_000);
        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(_ => _budget.TryEnter(busy)));
        _budget.Leave(busy);
        Assert.True(_budget.TryEnter(busy));
    }

    [Fact]
    public void What_all_may_take_at_once_is_never_above_the_memory_set()
    {
        ImageOptions options = new() { DecodeThreads = 3, MaxDecodeBytes = 97 * Mebibyte };
        DecodeBudget budget = new(options);
        long light = options.MaxDecodeBytes / 12;
        Assert.False(budget.IsHeavy(new(light, 0)));
        Assert.True(budget.IsHeavy(new(light + 1, 0)));
        Assert.InRange((options.DecodeThreads * light) + options.Limits.MaxDecodeBytes, 96 * Mebibyte, options.MaxDecodeBytes);
    }
}
