using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>Translates a segment's settings into ONNX Runtime's, as far as they are the same with every provider.</summary>
internal static class SessionConfiguration
{
    public static SessionOptions Create(SegmentSettings settings, SegmentModel model)
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
        if (settings.Unpacked)
            options.AddSessionConfigEntry("session.disable_prepacking", "1");
        // Threads that spin on after a batch would keep cores from whatever computes next: another model, or the answers.
        options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        return options;
    }

    /// <summary>Turns one of its optimisations off.</summary>
    public static void Disable(SessionOptions options, string optimiser) =>
        options.AddSessionConfigEntry("optimization.disable_specified_optimizers", optimiser);
}
