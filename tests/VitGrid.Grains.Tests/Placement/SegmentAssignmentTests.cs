using FsCheck.Xunit;
using VitGrid.Grains.Placement;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;

namespace VitGrid.Grains.Tests.Placement;

public sealed class SegmentAssignmentTests
{
    [Property]
    public bool Segments_cover_every_block_once_and_stay_with_their_neighbours(byte depth, byte segments, byte devices)
    {
        int blocks = (depth % 48) + 1, count = (segments % blocks) + 1, machines = (devices % 5) + 1;
        var placed = SegmentAssignment.Assign(Demand(blocks, count), Devices(machines));
        int[] sizes = [.. placed.Select(segment => segment.Blocks.Count)];
        int changes = placed.Zip(placed.Skip(1)).Count(pair => pair.First.Device != pair.Second.Device);
        return placed.Length == count
            && placed.Select(segment => segment.Blocks.First).SequenceEqual(sizes.Select((_, i) => sizes.Take(i).Sum()))
            && sizes.Sum() == blocks
            && changes == Math.Min(count, machines) - 1;
    }

    [Fact]
    public void A_model_that_fits_one_device_is_one_segment() =>
        Assert.Equal(["0..23 cpu:0"], Assign(24, 0, "cpu:0=1000B,cpu:1=1000B"));

    [Fact]
    public void A_model_too_large_for_one_device_takes_the_fewest_that_hold_it() =>
        Assert.Equal(["0..11 cpu:0", "12..23 cpu:1"], Assign(24, 0, "cpu:0=600B,cpu:1=600B,cpu:2=600B"));

    [Fact]
    public void A_device_too_small_for_its_share_is_passed_over() =>
        Assert.Equal(["0..11 cpu:0", "12..23 cpu:2"], Assign(24, 0, "cpu:0=600B,cpu:1=100B,cpu:2=600B"));

    [Fact]
    public void Four_segments_on_two_devices_change_device_once() =>
        Assert.Equal(["0..1 cpu:0", "2..3 cpu:0", "4..5 cpu:1", "6..7 cpu:1"], Assign(8, 4, "cpu:0,cpu:1"));

    [Fact]
    public void The_least_loaded_device_comes_first()
    {
        var placed = SegmentAssignment.Assign(Demand(4, 0), [new(new(DeviceKind.Cpu, 0), 500), new(new(DeviceKind.Cpu, 1), 0)]);
        Assert.Equal("cpu:1", Assert.Single(placed).Device.Name);
    }

    [Fact]
    public void A_model_that_fits_nowhere_is_refused_with_need_and_room()
    {
        GridConfigurationException refused = Assert.Throws<GridConfigurationException>(() => Assign(24, 0, "cpu:0=300B,cpu:1=400B"));
        Assert.Contains("model 'm' does not fit: cpu:0 is short by 140 bytes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_segments_than_blocks_are_refused()
    {
        GridConfigurationException refused = Assert.Throws<GridConfigurationException>(() => Assign(4, 5, "cpu:0"));
        Assert.Contains("has 4 blocks and cannot be cut into 5", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Blocks of 10 parameters, 40 bytes each in single precision, and nothing else.</summary>
    private static SegmentDemand Demand(int depth, int segments) => new(
        "m",
        new EncoderCosts { Depth = depth, EmbeddingFlops = 0, BlockFlops = 1, EmbeddingParameters = 0, BlockParameters = 10, ActivationElements = 0 },
        Precision.Fp32,
        segments,
        BatchSize: 1);

    private static DeviceLoad[] Devices(int count) => [.. Enumerable.Range(0, count).Select(i => new DeviceLoad(new(DeviceKind.Cpu, i), 0))];

    private static IEnumerable<string> Assign(int depth, int segments, string devices) => SegmentAssignment
        .Assign(Demand(depth, segments), [.. DeviceSpec.ParseList(devices).Select(device => new DeviceLoad(device, 0))])
        .Select(segment => $"{segment.Blocks} {segment.Device.Name}");
}
