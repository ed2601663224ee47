using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Backends.OnnxRuntime;
using VitGrid.Runtime.Execution;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime;

/// <summary>What ONNX Runtime's CUDA provider is told, and what precisions mean on its devices and on the CPU's.</summary>
public sealed class CudaBackendTests
{
    private static readonly DeviceSpec Cuda = DeviceList.Parse("cuda:0")[0];

    private static readonly SegmentSettings Settings = new()
    {
        Blocks = new(0, 1),
        InputSize = InputSize.Square(56),
        Precision = Precision.Bf16,
        Device = Cuda with { Ordinal = 3, MemoryBytes = 20L << 30 },
    };

    [Fact]
    public void The_device_its_memory_bound_and_graphs_are_passed_on_and_TF32_is_off()
    {
        Dictionary<string, string> options = CudaBackend.ProviderOptions(Settings);
        Assert.Equal(("3", "21474836480"), (options["device_id"], options["gpu_mem_limit"]));
        Assert.Equal(("1", "0", "kSameAsRequested"), (options["enable_cuda_graph"], options["use_tf32"], options["arena_extend_strategy"]));
    }

    [Fact]
    public void Graphs_can_be_turned_off_and_memory_left_unbounded()
    {
        Dictionary<string, string> options = CudaBackend.ProviderOptions(
            Settings with { CudaGraphs = false, Device = Cuda });
        Assert.Equal("0", options["enable_cuda_graph"]);
        Assert.DoesNotContain("gpu_mem_limit", options.Keys);
    }

    [Theory]
    [InlineData("cuda:0", Precision.Bf16, ActivationType.BFloat16)]
    [InlineData("cuda:0", Precision.Fp16, ActivationType.Float16)]
    [InlineData("cuda:0", Precision.Fp32, ActivationType.Float32)]
    [InlineData("cpu:0", Precision.Bf16, ActivationType.Float32)]
    public void Hidden_states_are_in_16_bits_only_where_arithmetic_is(string device, Precision precision, ActivationType type) =>
        Assert.Equal(type, DeviceList.Parse(device)[0].Backend.FindArithmetic(precision)!.Compute);
}
