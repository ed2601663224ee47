using VitGrid.Runtime.Faults;

namespace VitGrid.Runtime.Tests.Faults;

public sealed class FaultSpecTests
{
    [Fact]
    public void A_fault_is_read_with_what_it_names()
    {
        Assert.Equal(
            new() { Device = "cpu:1", Kind = FaultKind.Throw, After = 100, Runs = 1 }, FaultSpec.Parse("cpu:1 throw after=100"));
        Assert.Equal(
            new() { Device = "cpu:0", Kind = FaultKind.Weight, Seed = 7, Bit = 30, When = "/tmp/now", AtSeconds = 1.5 },
            FaultSpec.Parse("cpu:0 weight seed=7 bit=30 when=/tmp/now at=1.5"));
        Assert.Equal(int.MaxValue, FaultSpec.Parse("cpu:1 throw runs=all").Runs);
        Assert.Equal(
            new() { Device = "cpu:1", Kind = FaultKind.Transient, Part = 0.2, Seed = 3 },
            FaultSpec.Parse("cpu:1 transient part=0.2 seed=3"));
        Assert.Equal(
            new() { Device = "cpu:0", Kind = FaultKind.Timed, BatchMilliseconds = 20, ImageMilliseconds = 2.5 },
            FaultSpec.Parse("cpu:0 timed batch=20 image=2.5"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu:1")]
    [InlineData("cpu:1 explode")]
    [InlineData("cpu:1 throw after")]
    [InlineData("cpu:1 throw after=-1")]
    [InlineData("cpu:1 throw sometimes=2")]
    [InlineData("cpu:1 weight bit=32")]
    public void What_is_no_fault_is_quoted_with_the_form(string text)
    {
        Assert.False(FaultSpec.IsSpec(text));
        FormatException refused = Assert.Throws<FormatException>(() => FaultSpec.Parse(text));
        Assert.Contains($"'{text}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("DEVICE KIND", refused.Message, StringComparison.Ordinal);
    }
}
