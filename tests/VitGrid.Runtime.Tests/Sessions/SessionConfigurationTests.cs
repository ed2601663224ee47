using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Tests.Sessions;

/// <summary>What ONNX Runtime's CUDA provider is told.</summary>
public sealed class SessionConfigurationTests
{
    private static readonly SegmentSettings Settings = new()
    {
        Blocks = new(0, 1),
        InputSize = InputSize.Square(56),
        Precision = Precision.Bf16,
        Device = new(DeviceKind.Cuda, 3, 20L << 30),
    };

    [Fact]
    public void The_device_its_memory_bound_and_graphs_are_passed_on_and_TF32_is_off()
    {
        Dictionary<string, string> options = SessionConfiguration.CudaOptions(Settings);
        Assert.Equal(("3", "21474836480"), (options["device_id"], options["gpu_mem_limit"]));
        Assert.Equal(("1", "0", "kSameAsRequested"), (options["enable_cuda_graph"], options["use_tf32"], options["arena_extend_strategy"]));
    }

    [Fact]
    public void Graphs_can_be_turned_off_and_memory_left_unbounded()
    {
        Dictionary<string, string> options = SessionConfiguration.CudaOptions(
            Settings with { CudaGraphs = false, Device = new(DeviceKind.Cuda, 0) });
        Assert.Equal("0", options["enable_cuda_graph"]);
        Assert.DoesNotContain("gpu_mem_limit", options.Keys);
    }

    [Theory]
    [InlineData(DeviceKind.Cuda, Precision.Bf16, ActivationType.BFloat16)]
    [InlineData(DeviceKind.Cuda, Precision.Fp16, ActivationType.Float16)]
    [InlineData(DeviceKind.Cuda, Precision.Fp32, ActivationType.Float32)]
    [InlineData(DeviceKind.Cpu, Precision.Bf16, ActivationType.Float32)]
    public void Hidden_states_are_in_16_bits_only_where_arithmetic_is(DeviceKind device, Precision precision, ActivationType type) =>
        Assert.Equal(type, (Settings with { Device = new(device, 0), Precision = precision }).Compute);
}
