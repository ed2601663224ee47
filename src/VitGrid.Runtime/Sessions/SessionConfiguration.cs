using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;

namespace VitGrid.Runtime.Sessions;

/// <summary>Translates a segment's settings into ONNX Runtime's.</summary>
internal static class SessionConfiguration
{
    public static SessionOptions For(SegmentSettings settings, SegmentModel model, TensorType stored)
    {
        Check(settings, stored);
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
        // Folding the casts would hold every 16-bit weight a second time, in 32 bits: that is the fp32 mode.
        if (settings.Precision == Precision.Bf16)
            options.AddSessionConfigEntry("optimization.disable_specified_optimizers", "ConstantFolding");
        return options;
    }

    private static void Check(SegmentSettings settings, TensorType stored)
    {
        if (settings.Device.Kind != DeviceKind.Cpu)
            throw new NotSupportedException($"device {settings.Device.Name}: this build of VitGrid runs on CPU devices only; name cpu:N");
        if (settings.Precision is Precision.Fp16 or Precision.Int8)
            throw new NotSupportedException($"precision {settings.Precision} is not available on {settings.Device.Name}; use fp32, or bf16 for checkpoints stored in bf16");
        if (settings.Precision == Precision.Bf16 && stored != TensorType.BF16)
            throw new NotSupportedException($"precision bf16 on a CPU keeps bf16 weights as stored, but this checkpoint is stored as {stored}; use fp32");
    }
}
