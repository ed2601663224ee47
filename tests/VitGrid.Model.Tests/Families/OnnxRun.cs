using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Tests.Families;

/// <summary>Runs a segment's graph on the CPU.</summary>
internal static class OnnxRun
{
    /// <summary>Returns every output by name, from pixels [B, H, W, 3].</summary>
    public static Dictionary<string, float[]> Pixels(SegmentModel model, byte[] pixels, InputSize size)
    {
        DenseTensor<byte> images = new(pixels, [pixels.Length / size.PixelBytes, size.Height, size.Width, 3]);
        return Run(model, NamedOnnxValue.CreateFromTensor(model.Ports.InputName, images));
    }

    /// <summary>Returns every output by name, from a hidden state [B, T, D].</summary>
    public static Dictionary<string, float[]> HiddenState(SegmentModel model, float[] state, int tokens, int width) => Run(
        model,
        NamedOnnxValue.CreateFromTensor(
            model.Ports.InputName, new DenseTensor<float>(state, [state.Length / tokens / width, tokens, width])));

    private static Dictionary<string, float[]> Run(SegmentModel model, NamedOnnxValue input)
    {
        using SessionOptions options = new();
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", model.WeightFolder);
        using InferenceSession session = new(model.Onnx, options);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run([input]);
        return outputs.ToDictionary(output => output.Name, output => output.AsTensor<float>().ToArray());
    }
}
