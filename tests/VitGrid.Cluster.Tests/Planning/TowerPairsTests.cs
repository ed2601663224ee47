using VitGrid.Cluster.Planning;
using VitGrid.Model.Segments;

namespace VitGrid.Cluster.Tests.Planning;

/// <summary>Text towers beside their image towers: the same devices, replica by replica, and memory for both.</summary>
public sealed class TowerPairsTests
{
    private static readonly GridModel Images = new()
    {
        Name = "two", BatchSize = 2, Costs = Costs(depth: 12, blockParameters: 10, embeddingParameters: 6),
    };

    private static readonly GridModel Texts = new()
    {
        Name = "two#text", Beside = "two", BatchSize = 4, Costs = Costs(depth: 6, blockParameters: 8, embeddingParameters: 30),
    };

    [Fact]
    public void Both_are_on_every_device_and_neither_keeps_one_for_itself()
    {
        ClusterPlan plan = ClusterPlanner.Plan([Texts, Images], [Device("a"), Device("b")], null);
        Assert.Equal(
            [("two", 0, "a"), ("two", 1, "b"), ("two#text", 0, "a"), ("two#text", 1, "b")],
            plan.Replicas.Select(replica => (replica.Model, replica.Replica, Assert.Single(replica.Segments).Node)));
        Assert.Empty(plan.Shortages);
        Assert.All(plan.Replicas, replica => Assert.True(replica.ImagesPerSecond > 0));
    }

    [Fact]
    public void The_text_tower_is_cut_as_the_image_tower_is_and_every_block_stands_once()
    {
        GridDevice[] devices = [Device("a"), Device("b"), Device("c"), Device("d")];
        ClusterPlan plan = ClusterPlanner.Plan([Images with { Segments = 4 }, Texts with { Segments = 4 }], devices, null);
        PlacedReplica images = plan.Replicas.Single(replica => replica.Model == "two");
        PlacedReplica texts = plan.Replicas.Single(replica => replica.Model == "two#text");
        Assert.Equal(4, images.Segments.Length);
        Assert.Equal(Enumerable.Range(0, 6), texts.Segments.SelectMany(
            segment => Enumerable.Range(segment.Blocks.First, segment.Blocks.Count)));
        Assert.Empty(texts.Segments.Select(segment => segment.Node).Except(images.Segments.Select(segment => segment.Node)));
    }

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(999, false)]
    public void A_device_needs_memory_for_both(long bytes, bool fits)
    {
        // (12 x (10 + 4) + 6 + 30) x 4 bytes of weights, and (10 + 10 x 4 / 2) x 2 x 4 of activations.
        long needed = (((12 * 14) + 36) * 4) + (30 * 2 * 4);
        ClusterPlan plan = ClusterPlanner.Plan([Images, Texts], [Device("a", needed - 1_000 + bytes)], null);
        Assert.Equal(fits, plan.Shortages.IsEmpty);
        Assert.Equal(fits ? 2 : 0, plan.Replicas.Length);
        Assert.Equal(fits ? needed : 0, plan.Replicas.Sum(replica => replica.Segments.Sum(segment => segment.Bytes)));
    }

    [Fact]
    public void Nothing_moves_when_a_device_joins()
    {
        ClusterPlan before = ClusterPlanner.Plan([Images, Texts], [Device("b")], null);
        ClusterPlan after = ClusterPlanner.Plan([Images, Texts], [Device("a"), Device("b")], before);
        Assert.All(before.Replicas, replica => Assert.Contains(
            after.Replicas,
            other => other.Model == replica.Model && other.Replica == replica.Replica && other.Segments.SequenceEqual(replica.Segments)));
        Assert.Equal(4, after.Replicas.Length);
    }

    [Fact]
    public void A_worker_that_has_the_images_alone_gets_no_texts_and_a_text_tower_alone_is_planned_by_itself()
    {
        GridDevice old = Device("a") with { Models = ["two"] }, both = Device("b") with { Models = ["two", "two#text"] };
        ClusterPlan plan = ClusterPlanner.Plan([Images, Texts], [old, both], null);
        IEnumerable<PlacedReplica> images = plan.Replicas.Where(replica => replica.Model == "two");
        Assert.Equal(["a", "b"], images.Select(replica => replica.Segments[0].Node).Order());
        Assert.Equal("b", Assert.Single(plan.Replicas, replica => replica.Model == "two#text").Segments[0].Node);
        Assert.Single(ClusterPlanner.Plan([Texts], [both], null).Replicas);
    }

    private static GridDevice Device(string node, long? bytes = null) =>
        new() { Node = node, Machine = "m", Name = "cpu:0", MemoryBytes = bytes };

    private static EncoderCosts Costs(int depth, long blockParameters, long embeddingParameters) => new()
    {
        Depth = depth,
        EmbeddingFlops = 1,
        BlockFlops = 1,
        EmbeddingParameters = embeddingParameters,
        BlockParameters = blockParameters,
        ActivationElements = 10,
    };
}
