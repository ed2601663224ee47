using VitGrid.Runtime.Health;

namespace VitGrid.Runtime.Tests.Health;

public sealed class VectorOriginTests
{
    private static readonly VectorOrigin Origin = new("S10.0.0.5:11111:7/cuda:0,S10.0.0.6:11111:9/cuda:1", DateTimeOffset.UnixEpoch);

    [Theory]
    [InlineData("S10.0.0.5:11111:7/cuda:0", true)]
    [InlineData("S10.0.0.6:11111:9/cuda:1", true)]
    [InlineData("S10.0.0.6:11111:9/cuda:0", false)]
    [InlineData("cuda:1", true)]
    [InlineData("cuda:*", true)]
    [InlineData("cuda:2", false)]
    [InlineData("cuda", false)]
    [InlineData("*10.0.0.5:*/cuda:0", true)]
    [InlineData("*10.0.0.7:*/cuda:0", false)]
    public void A_device_is_meant_by_its_name_alone_with_its_node_or_by_a_pattern(string pattern, bool passed) =>
        Assert.Equal(passed, Origin.Passed(pattern));

    [Fact]
    public void A_device_is_named_once_and_those_without_room_may_be_any()
    {
        Assert.Equal("a/cpu:0,a/cpu:1", VectorOrigin.Join(["a/cpu:0", "a/cpu:1", "a/cpu:0"]));
        string joined = VectorOrigin.Join(Enumerable.Range(0, 1_000).Select(i => $"a/cpu:{i}"));
        Assert.True(joined.Length <= VectorOrigin.MaxLength);
        Assert.EndsWith(",*", joined, StringComparison.Ordinal);
        VectorOrigin origin = VectorOrigin.From(joined, 1)!;
        Assert.True(origin.Passed("a/cpu:999"));
        Assert.Equal(VectorOrigin.AnyDevice, VectorOrigin.Join([new('a', 2_000)]));
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("", 1)]
    [InlineData("a/cpu:0", 0)]
    [InlineData("a/cpu:0", -1)]
    [InlineData("a/cpu:0", long.MaxValue)]
    [InlineData("a/cpu:0\n", 1)]
    public void What_can_be_no_origin_is_none(string? devices, long milliseconds) => Assert.Null(VectorOrigin.From(devices, milliseconds));

    [Fact]
    public void A_longer_text_than_is_ever_written_is_none() =>
        Assert.Null(VectorOrigin.From(new('a', VectorOrigin.MaxLength + 1), 1));
}
