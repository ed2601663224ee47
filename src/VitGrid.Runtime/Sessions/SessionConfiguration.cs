using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Devices;

namespace VitGrid.Runtime.Sessions;

/// <summary>Translates a segment's settings into ONNX Runtime's.</summary>
internal static class SessionConfiguration
{
    private const string DisabledOptimizers = "optimization.disable_specified_optimizers";

    /// <exception cref="NotSupportedException">The device or the precision is not available here.</exception>
    public static void Check(SegmentSettings settings, TensorType stored)
    {
        if (settings.Device.Kind == DeviceKind.Cuda && settings.Precision == Precision.Int8)
            throw new NotSupportedException(
                $"precision int8 runs on CPUs only, not on {settings.Device.Name}; use auto, which is bf16 or fp16 there");
        if (settings.Device.Kind == DeviceKind.Cpu && settings.Precision == Precision.Fp16)
            throw new NotSupportedException(
                $"precision Fp16 is not available on {settings.Device.Name}; use fp32, int8, or bf16 for checkpoints stored in bf16");
        if (settings.Device.Kind == DeviceKind.Cpu && settings.Precision == Precision.Bf16 && stored != TensorType.BF16)
            throw new NotSupportedException(
                $"precision bf16 on a CPU keeps bf16 weights as stored, but this checkpoint is stored as {stored}; use fp32");
        if (settings.Device.Kind == DeviceKind.Cuda && !HostMachine.ExecutionProviders.Contains(CudaProvider.Name))
            throw new NotSupportedException($"device {settings.Device.Name}: {CudaProvider.Fault()}");
    }

    public static SessionOptions For(SegmentSettings settings, SegmentModel model)
    {
        SessionOptions options = new()
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = settings.Threads,
            InterOpNumThreads = 1,
            // Batches differ in size: a pattern for each would only hold memory.
            EnableMemoryPattern = false,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", model.WeightFolder);
        // Threads that spin on after a batch would keep cores from whatever computes next: another model, or the answers.
        options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        if (settings.Device.Kind == DeviceKind.Cuda)
            AddCuda(options, settings);
        // Folding the casts would hold every 16-bit weight a second time, in 32 bits: that is the fp32 mode.
        else if (settings.Precision == Precision.Bf16)
            options.AddSessionConfigEntry(DisabledOptimizers, "ConstantFolding");
        // The fused operator is slower than Add and Gelu.
        else if (settings.Precision == Precision.Int8)
            options.AddSessionConfigEntry(DisabledOptimizers, "BiasGeluFusion");
        return options;
    }

    /// <summary>The CUDA provider's options for a segment.</summary>
    internal static Dictionary<string, string> CudaOptions(SegmentSettings settings)
    {
        Dictionary<string, string> options = new()
        {
            ["device_id"] = settings.Device.Ordinal.ToString(CultureInfo.InvariantCulture),
            // Doubling, the default, can leave a card half used.
            ["arena_extend_strategy"] = "kSameAsRequested",
            ["enable_cuda_graph"] = settings.CudaGraphs ? "1" : "0",
            ["use_tf32"] = "0",
        };
        if (settings.Device.MemoryBytes is { } bound)
            options["gpu_mem_limit"] = bound.ToString(CultureInfo.InvariantCulture);
        return options;
    }

    private static void AddCuda(SessionOptions options, SegmentSettings settings)
    {
        // A node left to the CPU would copy hidden states to and fro at every step; better not to start.
        options.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
        // The fused operator sums squares in the tensor's own 16-bit type.
        options.AddSessionConfigEntry(DisabledOptimizers, "SkipLayerNormFusion");
        using OrtCUDAProviderOptions cuda = new();
        cuda.UpdateOptions(CudaOptions(settings));
        options.AppendExecutionProvider_CUDA(cuda);
    }
}
