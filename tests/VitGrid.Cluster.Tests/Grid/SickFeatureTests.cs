using System.Runtime.InteropServices;
using VitGrid.Engine.Features;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Health;
using static VitGrid.Cluster.Tests.Grid.SickGrids;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>Batches with features run on the same devices, and their faults are judged in the same way.</summary>
public sealed class SickFeatureTests
{
    private const float Tolerance = 1e-4f;

    [Theory]
    [InlineData("cpu:1 throw after=4 runs=all", IllnessKind.Threw, false)]
    [InlineData("cpu:1 context after=4", IllnessKind.ContextLost, true)]
    [InlineData("cpu:1 nan after=4", IllnessKind.NotFinite, false)]
    [InlineData("cpu:1 hang after=6", IllnessKind.Hung, true)]
    [InlineData("cpu:1 memory size=2", null, false)]
    public async Task A_device_that_fails_at_features_leaves_and_every_image_has_those_of_one_that_is_well(
        string fault, IllnessKind? kind, bool isLost)
    {
        float[][] expected, features;
        await using (TestGrid well = await StartAsync(TestGrid.Options(devices: 2, maxBatchSize: 4)))
            expected = await FeaturesAsync(well);
        await using TestGrid grid = await StartAsync(Sick(fault));
        List<DeviceChange> changes = Follow(grid.Get<DeviceHealth>());
        features = await FeaturesAsync(grid);
        Assert.All(expected.Zip(features), pair =>
        {
            Assert.Equal(pair.First.Length, pair.Second.Length);
            Assert.All(pair.First.Zip(pair.Second), numbers => Assert.Equal(numbers.First, numbers.Second, Tolerance));
        });
        Assert.True(kind is null || SpinWait.SpinUntil(() => Seen(changes, isLost), Waits.Limit), "cpu:1 did not leave");
        lock (changes)
        {
            Assert.All(changes, change => Assert.Equal("cpu:1", change.After.Device));
            Assert.Equal(kind is not null, changes.Exists(change => change.After.Illness?.Kind == kind && kind is not null));
        }
    }

    private static Task<float[][]> FeaturesAsync(TestGrid grid) => EachAsync(Enumerable.Range(0, Images), async seed =>
    {
        EmbeddingResult result = await grid.EmbedAsync(TestGrid.Image((byte)seed) with
        {
            Features = new() { Layers = [0, 1], Parts = FeatureParts.Cls | FeatureParts.Patches },
        });
        using FeatureSet features = result.Features!;
        return features.Blocks.SelectMany(block => block.Chunks).SelectMany(
            chunk => MemoryMarshal.Cast<byte, float>(chunk.Span).ToArray()).ToArray();
    });
}
