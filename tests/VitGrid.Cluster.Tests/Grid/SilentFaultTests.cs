using Microsoft.Extensions.Logging;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Health;
using VitGrid.Tests.Golden;
using static VitGrid.Cluster.Tests.Grid.SickGrids;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>Devices that compute slower or wrong and say nothing of it.</summary>
public sealed class SilentFaultTests
{
    [Fact]
    public async Task A_throttled_device_gets_fewer_images_and_not_none()
    {
        float[][] expected = await HealthyAsync();
        GridOptions options = Sick("cpu:1 slow times=50");
        // Not the bound of a run is asked here, which a machine that is busy beside may pass.
        await using TestGrid grid = await StartAsync(options with { Health = options.Health with { RunFloorMilliseconds = 60_000 } });
        EmbeddingResult[] results = await EachAsync(
            Enumerable.Range(0, Images), seed => grid.EmbedAsync(TestGrid.Image((byte)seed)));
        AssertSame(expected, [.. results.Select(result => result.Vector.ToArray())]);
        int slow = results.Count(result => result.Origin!.Devices.EndsWith("/cpu:1", StringComparison.Ordinal));
        Assert.InRange(slow, 1, (Images / 2) - 1);
        Assert.True(grid.Get<DeviceHealth>().Find("cpu:1").Serves);
    }

    [Fact]
    public async Task A_turned_bit_of_an_activation_is_found_by_a_second_opinion_and_the_right_vector_is_answered()
    {
        float[][] expected = await HealthyAsync();
        GridOptions options = Sick("cpu:1 activation after=4 runs=1 bit=30");
        await using TestGrid grid = await StartAsync(options with
        {
            Health = options.Health with { SecondOpinionPerMille = 1_000, Probes = false },
        });
        List<DeviceChange> changes = Follow(grid.Get<DeviceHealth>());
        AssertSame(expected, await EmbedAsync(grid));
        Assert.True(SpinWait.SpinUntil(() => Seen(changes, isLost: false), Waits.Limit), "the device was never out");
        lock (changes)
            Assert.Equal(("cpu:1", IllnessKind.Disagreed), (changes[0].After.Device, changes[0].After.Illness!.Kind));
    }

    [Fact]
    public async Task Where_one_of_two_opinions_cannot_be_asked_again_that_image_is_refused_and_no_other_is()
    {
        float[][] expected = await HealthyAsync();
        GridOptions options = Sick("cpu:1 activation after=4 runs=1 bit=30", "cpu:1 throw after=5 runs=all");
        await using TestGrid grid = await StartAsync(options with
        {
            Health = options.Health with { SecondOpinionPerMille = 1_000, Probes = false, BackoffMilliseconds = 300_000 },
        });
        GridException?[] refusals = await EachAsync(Enumerable.Range(0, Images), async seed =>
        {
            try
            {
                AssertSame([expected[seed]], [await grid.VectorAsync(TestGrid.Image((byte)seed))]);
                return null;
            }
            catch (GridException exception)
            {
                return exception;
            }
        });
        GridException refused = Assert.Single(refusals.OfType<GridException>());
        Assert.Equal(GridFault.SegmentFailed, refused.Fault);
        Assert.Contains("one of them could not be asked again: neither is answered", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>It is not the model's last device: the others have room for its segment.</summary>
    [Fact]
    public async Task A_middle_segment_of_three_with_a_turned_bit_leaves_and_the_others_serve_the_model()
    {
        float[][] expected = await HealthyAsync();
        string now = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            await using TestGrid grid = await StartAsync(TestGrid.Options(segments: 3, devices: 3, maxBatchSize: 4) with
            {
                // It stays out for the test: once it is back the fault turns the bit again.
                Health = Sick($"cpu:1 weight seed=3 bit=30 when={now}").Health with { BackoffMilliseconds = 300_000 },
            });
            DeviceHealth health = grid.Get<DeviceHealth>();
            await File.WriteAllTextAsync(now, "");
            Assert.True(SpinWait.SpinUntil(() => !health.Find("cpu:1").Serves, Waits.Limit), "no probe was wrong");
            Assert.Equal(IllnessKind.WrongProbe, health.Find("cpu:1").Illness!.Kind);
            AssertSame(expected, await EmbedAsync(grid));
            Assert.All(["cpu:0", "cpu:2"], device => Assert.Equal(DeviceState.Healthy, health.Find(device).State));
        }
        finally
        {
            File.Delete(now);
        }
    }

    /// <summary>A bit of the weights is wrong on both, and the files that their probes are judged by have changed since.</summary>
    [Fact]
    public async Task A_probe_that_is_wrong_on_all_devices_since_the_files_have_changed_is_said_to_be_and_they_serve_on()
    {
        using ModelCopy nano = new(GoldenFiles.Nano);
        string now = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            GridOptions options = Sick($"cpu:0 weight seed=3 bit=30 when={now}", $"cpu:1 weight seed=3 bit=30 when={now}");
            await using TestGrid grid = await StartAsync(options with { Models = [options.Models[0] with { Directory = nano.Folder }] });
            using SaidLines said = new(4046);
            grid.Get<ILoggerFactory>().AddProvider(said);
            DeviceHealth health = grid.Get<DeviceHealth>();
            nano.Turn(slice => slice.Shape.Length == 2);
            await File.WriteAllTextAsync(now, "");
            // The bit is turned beside the runs of both devices.
            await EmbedAsync(grid, Enumerable.Range(0, 32));
            string[] lines = [await said.NextAsync(), await said.NextAsync()];
            Assert.Contains(lines, line => line.Contains("is wrong, not device cpu:0", StringComparison.Ordinal));
            Assert.Contains(lines, line => line.Contains("is wrong, not device cpu:1", StringComparison.Ordinal));
            Assert.True(SpinWait.SpinUntil(() => health.All.All(device => device.Serves), Waits.Limit), "they never came back");
        }
        finally
        {
            File.Delete(now);
        }
    }

    [Fact]
    public async Task Weights_that_change_where_they_are_mapped_take_every_device_that_reads_them_out_until_they_are_right_again()
    {
        using ModelCopy tiny = new(GoldenFiles.Model("tiny-ln"));
        GridOptions options = Sick();
        await using TestGrid grid = await StartAsync(options with
        {
            Models = [options.Models[0] with { Directory = tiny.Folder }],
            Health = options.Health with { ScrubBytesPerSecond = 100_000_000, Probes = false },
        });
        DeviceHealth health = grid.Get<DeviceHealth>();
        WeightSlice turned = tiny.Turn(slice => slice.Shape.Length == 2);
        Assert.True(SpinWait.SpinUntil(() => health.All.All(device => !device.Serves), Waits.Limit), "the change was not found");
        Assert.All(health.All, device =>
        {
            Assert.Equal((IllnessKind.WeightsChanged, true), (device.Illness!.Kind, device.Illness.DoubtsAnswers));
            Assert.Contains(
                $"tensor '{turned.Tensor.Name}' is not what was loaded: page ", device.Illness.Reason, StringComparison.Ordinal);
        });
        tiny.Turn(slice => slice.Tensor.Name == turned.Tensor.Name && slice.Offset == turned.Offset);
        Assert.True(SpinWait.SpinUntil(() => health.All.All(device => device.Serves), Waits.Limit), "they never came back");
        float[][] expected = await HealthyAsync();
        AssertSame(expected, await EmbedAsync(grid));
    }
}
