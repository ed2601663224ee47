using VitGrid.Cluster.Options;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;

namespace VitGrid.Cluster.Tests.Options;

public sealed class GridOptionsTests
{
    [Fact]
    public void Defaults_are_the_documented_ones_and_without_fault()
    {
        GridOptions options = new() { Models = [new() { Name = "m", Directory = "d" }] };
        Assert.Empty(StartCheck.Faults(options));
        Assert.Equal((8, 50, 0, 4),
            (options.Batching.MaxBatchSize, options.Batching.MaxBatchGigaflop, options.Batching.MaxDelayMilliseconds,
                options.Batching.InteractiveWeight));
        Assert.Equal((2_048, 1L << 30, 60_000),
            (options.Queue.MaxImages, options.Queue.MaxBytes, options.Queue.DefaultTimeoutMilliseconds));
        Assert.Equal((256L << 20, 60_000), (options.Cache.MemoryBytes, options.Shutdown.DrainMilliseconds));
        Assert.Equal((0, 0), (options.Cluster.SiloPort, options.Cluster.GatewayPort));
        Assert.Equal("cpu:0", Assert.Single(options.Devices).Name);
    }

    [Fact]
    public void All_faults_are_listed_at_once_with_value_and_bounds()
    {
        GridOptions options = TestGrid.Options() with
        {
            Models = [new() { Name = "m", Directory = "a" }, new() { Name = "m", Directory = "b", Segments = -1 }],
            Devices = [],
            Batching = new() { MaxBatchSize = 0, InteractiveWeight = 101 },
            Cluster = new() { SiloPort = 5000, GatewayPort = 5000 },
        };
        IReadOnlyList<string> faults = StartCheck.Faults(options);
        Assert.Contains("VitGrid:Batching:MaxBatchSize is '0'; it takes a whole number from 1 to 256 (default 8)", faults);
        Assert.Contains("VitGrid:Models: 'm' is the name of 2 models (a, b); names must differ", faults);
        Assert.Equal(6, faults.Count);
    }

    [Fact]
    public void A_device_that_is_not_there_is_a_fault_before_anything_starts()
    {
        GridOptions options = new() { Models = [new() { Name = "m", Directory = "m" }], Devices = DeviceList.Parse("cpu:0,cuda:99") };
        Assert.StartsWith("VitGrid:Devices: device cuda:99 ", Assert.Single(StartCheck.Faults(options)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu:0", Precision.Fp16, "Precision of 'm' is Fp16, which CUDA devices have")]
    [InlineData("cuda:99", Precision.Int8, "Precision of 'm' is Int8, which CPU devices have")]
    [InlineData("cpu:0,cuda:99", Precision.Bf16, "only fp32 can span")]
    public void A_precision_the_devices_do_not_share_is_a_fault(string devices, Precision precision, string expected)
    {
        GridOptions options = new() { Models = [
            new() { Name = "m", Directory = "m", Precision = precision }], Devices = DeviceList.Parse(devices) };
        Assert.Contains(StartCheck.Faults(options), fault => fault.Contains(expected, StringComparison.Ordinal));
    }
}
