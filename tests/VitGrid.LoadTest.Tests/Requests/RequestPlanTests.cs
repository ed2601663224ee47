using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Tests.Requests;

/// <summary>What is asked, request by request.</summary>
public sealed class RequestPlanTests
{
    private static readonly ImageSet Images = ImageSet.Draw(ImageKind.ParseMix("png:8x8=3,png:4x4=1"), seed: 1);

    [Property(MaxTest = 30)]
    public Property Equal_seeds_plan_equal_requests() => Prop.ForAll(ArbMap.Default.ArbFor<byte>(), seed =>
    {
        RequestShape shape = new() { Images = 3, Duplicates = 0.4, Lanes = [("interactive", 3), ("bulk", 1)] };
        return Numbers(new(Images, shape, seed), 50).SequenceEqual(Numbers(new(Images, shape, seed), 50));
    });

    [Fact]
    public void Without_duplicates_no_image_comes_twice() =>
        Assert.Distinct(Numbers(new(Images, new() { Images = 4 }, 7), 500).Select(image => image.Number));

    [Fact]
    public void Duplicates_come_as_often_as_asked()
    {
        PlannedImage[] sent = [.. Numbers(new(Images, new() { Duplicates = 0.3 }, 7), 20_000)];
        Assert.InRange(1 - (sent.Distinct().Count() / (double)sent.Length), 0.28, 0.32);
    }

    [Fact]
    public void A_working_set_goes_round()
    {
        PlannedImage[] sent = [.. Numbers(new(Images, new() { Images = 3, WorkingSet = 5 }, 7), 10)];
        Assert.Equal(5, sent.Distinct().Count());
        Assert.Equal(sent[..5], sent[5..10]);
    }

    [Fact]
    public void A_repeated_number_is_the_same_image() => Assert.All(
        Numbers(new(Images, new() { Duplicates = 0.8 }, 7), 5_000).GroupBy(image => image.Number),
        equal => Assert.Single(equal.Distinct()));

    [Fact]
    public void Kinds_and_lanes_come_by_their_weights()
    {
        RequestPlan plan = new(Images, new() { Lanes = [("interactive", 4), ("bulk", 1)] }, 7);
        PlannedRequest[] requests = [.. Enumerable.Range(0, 20_000).Select(_ => plan.Next())];
        Assert.InRange(requests.Average(request => request.Images[0].Image < 4 ? 1.0 : 0.0), 0.73, 0.77);
        Assert.InRange(requests.Average(request => request.Lane == "bulk" ? 1.0 : 0.0), 0.18, 0.22);
    }

    [Theory]
    [InlineData("batch=1")]
    [InlineData("bulk=0")]
    [InlineData("bulk=1=2")]
    public void A_lane_that_is_none_is_refused(string text) => Assert.Throws<FormatException>(() => RequestShape.ParseLanes(text));

    private static IEnumerable<PlannedImage> Numbers(RequestPlan plan, int requests) =>
        Enumerable.Range(0, requests).SelectMany(_ => plan.Next().Images);
}
