using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;
using static VitGrid.Cluster.Tests.Grid.SickGrids;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>
/// Two devices, a replica each, and a fault on one of them: whatever it is, every image gets the vector that a grid without faults gives.
/// </summary>
public sealed class SickDeviceTests
{
    [Theory]
    [InlineData("cpu:1 throw after=4", IllnessKind.Threw, false)]
    [InlineData("cpu:1 throw after=4 runs=all", IllnessKind.Threw, false)]
    [InlineData("cpu:1 context after=4", IllnessKind.ContextLost, true)]
    [InlineData("cpu:1 nan after=4", IllnessKind.NotFinite, false)]
    [InlineData("cpu:1 hang after=6", IllnessKind.Hung, true)]
    public async Task A_device_that_fails_leaves_and_every_image_is_answered_right(string fault, IllnessKind kind, bool isLost)
    {
        float[][] expected = await HealthyAsync();
        await using TestGrid grid = await StartAsync(Sick(fault));
        DeviceHealth health = grid.Get<DeviceHealth>();
        List<DeviceChange> changes = Follow(health);

        float[][] vectors = await EmbedAsync(grid);

        AssertSame(expected, vectors);
        Assert.True(SpinWait.SpinUntil(() => Seen(changes, isLost), Waits.Limit), $"cpu:1 was never {(isLost ? "lost" : "out")}");
        lock (changes)
        {
            Assert.Contains(changes, change => change.After is { Device: "cpu:1", Illness: { } illness } && illness.Kind == kind);
            Assert.DoesNotContain(changes, change => change.After.Device == "cpu:0");
            Assert.DoesNotContain(changes, change => change.After.Illness?.DoubtsAnswers == true);
        }
    }

    [Fact]
    public async Task A_device_that_threw_once_comes_back_when_its_probes_pass()
    {
        await using TestGrid grid = await StartAsync(Sick("cpu:1 throw after=4"));
        DeviceHealth health = grid.Get<DeviceHealth>();
        List<DeviceChange> changes = Follow(health);
        await EmbedAsync(grid);
        Assert.True(SpinWait.SpinUntil(() => Seen(changes, isLost: false), Waits.Limit), "the device was never out");
        Assert.True(SpinWait.SpinUntil(() => health.Find("cpu:1").State == DeviceState.Healthy, Waits.Limit), "it never came back");
        Assert.True(health.Find("cpu:1").LastGoodProbe > changes[0].After.Illness!.Since);
    }

    [Fact]
    public async Task A_turned_bit_of_a_weight_is_found_by_a_probe_and_names_when_the_last_one_passed()
    {
        string now = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            // The exponent's highest bit: no golden image comes out as it was.
            await using TestGrid grid = await StartAsync(Sick($"cpu:1 weight seed=3 bit=30 when={now}"));
            DeviceHealth health = grid.Get<DeviceHealth>();
            Assert.True(SpinWait.SpinUntil(() => health.Find("cpu:1").LastGoodProbe is not null, Waits.Limit), "no probe passed");
            await File.WriteAllTextAsync(now, "");
            Assert.True(SpinWait.SpinUntil(() => !health.Find("cpu:1").Serves, Waits.Limit), "no probe was wrong");
            DeviceIllness illness = health.Find("cpu:1").Illness!;
            Assert.Equal((IllnessKind.WrongProbe, true, "tiny"), (illness.Kind, illness.DoubtsAnswers, illness.Model));
            Assert.True(illness.LastGood <= illness.Since);
            Assert.Equal(DeviceState.Healthy, health.Find("cpu:0").State);
            float[][] expected = await HealthyAsync();
            AssertSame(expected, await EmbedAsync(grid));
        }
        finally
        {
            File.Delete(now);
        }
    }

    [Fact]
    public async Task Batches_that_find_no_memory_are_halved_and_nothing_fails()
    {
        float[][] expected = await HealthyAsync();
        await using TestGrid grid = await StartAsync(Sick("cpu:0 memory size=3", "cpu:1 memory size=2"));
        AssertSame(expected, await EmbedAsync(grid));
        Assert.All(grid.Get<DeviceHealth>().All, device => Assert.Equal(DeviceState.Healthy, device.State));
    }

    [Fact]
    public async Task A_second_opinion_finds_vectors_of_other_images_and_the_right_ones_are_answered()
    {
        float[][] expected = await HealthyAsync();
        GridOptions options = Sick("cpu:1 swap after=4 runs=4");
        await using TestGrid grid = await StartAsync(options with
        {
            Health = options.Health with { SecondOpinionPerMille = 1_000 },
        });
        List<DeviceChange> changes = Follow(grid.Get<DeviceHealth>());
        AssertSame(expected, await EmbedAsync(grid));
        Assert.True(SpinWait.SpinUntil(() => Seen(changes, isLost: false), Waits.Limit), "the device was never out");
        lock (changes)
            Assert.True(changes[0].After is { Device: "cpu:1", Illness.DoubtsAnswers: true });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_image_that_breaks_two_devices_is_refused_and_no_other_is(int devices)
    {
        const byte Poison = 77;
        float[][] expected = await HealthyAsync();
        byte[] pixels = new byte[3];
        new Random(Poison).NextBytes(pixels);
        int broken = 0;
        await using TestGrid grid = await TestGrid.StartAsync(
            Sick() with { Devices = TestGrid.Options(devices: devices).Devices },
            loader: (checkpoint, settings) => new PoisonedSession(SegmentLoading.Load(checkpoint, settings), pixels, () => broken++));
        await grid.Catalog.WhenLoadedAsync().WaitAsync(Waits.Limit);
        Task<float[][]> others = EmbedAsync(grid, Enumerable.Range(0, Images).Where(seed => seed != Poison));
        GridException refused = await Assert.ThrowsAsync<GridException>(() => grid.EmbedAsync(TestGrid.Image(Poison)));
        Assert.Equal(GridFault.ImageBreaksDevices, refused.Fault);
        Assert.Contains("model 'tiny'", refused.Message, StringComparison.Ordinal);
        AssertSame([.. expected[..Poison], .. expected[(Poison + 1)..]], await others);
        Assert.Equal(2, broken);
    }

    [Theory]
    [InlineData("cpu:1 throw after=4", IllnessKind.Threw)]
    [InlineData("cpu:1 nan after=4 runs=1", IllnessKind.NotFinite)]
    public async Task A_sick_middle_segment_of_three_is_the_one_that_is_named(string fault, IllnessKind kind)
    {
        GridOptions options = TestGrid.Options(segments: 3, devices: 3, maxBatchSize: 4);
        float[][] expected = await HealthyAsync();
        await using TestGrid grid = await StartAsync(options with
        {
            // The only replica waits until the device of its middle is back.
            Health = Sick(fault).Health,
        });
        List<DeviceChange> changes = Follow(grid.Get<DeviceHealth>());
        AssertSame(expected, await EmbedAsync(grid));
        lock (changes)
        {
            Assert.Contains(changes, change => change.After is { Device: "cpu:1", Illness: { } illness } && illness.Kind == kind);
            Assert.All(changes, change => Assert.Equal("cpu:1", change.After.Device));
        }
    }

    /// <summary>A session that fails on one image, whoever it comes with.</summary>
    private sealed class PoisonedSession(ISegmentSession inner, byte[] poison, Action broke) : ISegmentSession
    {
        public BlockRange Blocks => inner.Blocks;

        public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images)
        {
            if (!images.Any(image => image.Span[..poison.Length].SequenceEqual(poison)))
                return inner.RunPixels(images);
            broke();
            throw new SegmentRunException(RunFailure.Device, "an illegal image");
        }

        public Activation RunPixelValues(float[] planes) => inner.RunPixelValues(planes);

        public Activation Run(Activation input) => inner.Run(input);

        public ISegmentSession? Resize(InputSize size) => inner.Resize(size);

        public void Dispose() => inner.Dispose();
    }
}
