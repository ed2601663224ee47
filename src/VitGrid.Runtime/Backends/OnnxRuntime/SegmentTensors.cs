using System.Collections.Frozen;
using Microsoft.ML.OnnxRuntime.Tensors;
using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>A segment's inputs and outputs by name, without the batch dimension.</summary>
internal sealed class SegmentTensors
{
    public SegmentTensors(SegmentModel model, ActivationShape hidden)
    {
        Hidden = hidden;
        NextInput = model.Ports.NextInput;
        InputSize size = model.Request.InputSize;
        TensorElementType compute = OrtType(hidden.ElementType);
        long[] state = [hidden.Tokens, hidden.Width];
        Input = model.Ports.InputName switch
        {
            SegmentNames.Pixels => new(model.Ports.InputName, TensorElementType.UInt8, size.PixelBytes, [size.Height, size.Width, 3]),
            SegmentNames.PixelValues => new(
                model.Ports.InputName, TensorElementType.Float, 4L * size.PixelBytes, [3, size.Height, size.Width]),
            _ => new(model.Ports.InputName, compute, hidden.BytesPerImage, state),
        };
        Pooled = model.Ports.PooledLayers.ToFrozenDictionary(layer => layer, SegmentNames.Pooled);
        HiddenStates = model.Ports.HiddenStates.ToFrozenDictionary(layer => layer, SegmentNames.HiddenState);
        Outputs =
        [
            .. Pooled.Values.Select(name => new SegmentTensor(name, TensorElementType.Float, 8L * hidden.Width, [2, hidden.Width])),
            .. HiddenStates.Values.Append(NextInput).OfType<string>().Distinct().Select(
                name => new SegmentTensor(name, compute, hidden.BytesPerImage, state)),
        ];
    }

    public SegmentTensor Input { get; }

    /// <summary>Every output; those read on the host first.</summary>
    public IReadOnlyList<SegmentTensor> Outputs { get; }

    /// <summary>The output that the next segment takes; null for the last.</summary>
    public string? NextInput { get; }

    /// <summary>Names of pooled outputs by layer.</summary>
    public FrozenDictionary<int, string> Pooled { get; }

    /// <summary>Names of hidden states to look at, by layer.</summary>
    public FrozenDictionary<int, string> HiddenStates { get; }

    /// <summary>The hidden state's shape for one image.</summary>
    public ActivationShape Hidden { get; }

    public static TensorElementType OrtType(ActivationType type) => type switch
    {
        ActivationType.BFloat16 => TensorElementType.BFloat16,
        ActivationType.Float16 => TensorElementType.Float16,
        _ => TensorElementType.Float,
    };
}

/// <summary>One input or output.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="ImageBytes">Bytes for one image.</param>
/// <param name="ImageShape">Dimensions after the batch.</param>
internal sealed record SegmentTensor(string Name, TensorElementType Type, long ImageBytes, long[] ImageShape)
{
    public long[] Shape(int batchSize) => [batchSize, .. ImageShape];
}
