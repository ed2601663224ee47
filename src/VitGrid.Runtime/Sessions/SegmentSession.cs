using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Sessions;

/// <summary>One segment loaded on one device. Not thread-safe: its device's thread drives it.</summary>
public sealed class SegmentSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly SegmentModel _model;
    private readonly string[] _outputs;
    private readonly ActivationShape _hidden;

    private SegmentSession(SegmentModel model, ActivationShape hidden, InferenceSession session)
    {
        _model = model;
        _hidden = hidden;
        _session = session;
        _outputs =
        [
            .. model.NextInput is { } next ? [next] : Array.Empty<string>(),
            .. model.PooledLayers.Select(SegmentNames.Pooled),
            .. model.HiddenStates.Select(SegmentNames.HiddenState).Where(name => name != model.NextInput),
        ];
    }

    /// <summary>The blocks it holds.</summary>
    public BlockRange Blocks => _model.Request.Blocks;

    /// <summary>Builds the segment's graph and loads it. Takes from milliseconds to minutes: never call it from a grain.</summary>
    /// <exception cref="CheckpointException">ONNX Runtime refuses the weights.</exception>
    /// <exception cref="NotSupportedException">The device or the precision is not available in this build.</exception>
    public static SegmentSession Load(Checkpoint checkpoint, SegmentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(settings);
        ImmutableSortedSet<int> layers = SegmentBuilder.AllLayers(checkpoint.Architecture.Depth);
        SegmentModel model = SegmentBuilder.Build(checkpoint, new SegmentRequest
        {
            Blocks = settings.Blocks,
            InputSize = settings.InputSize,
            Input = settings.Input,
            PooledLayers = layers,
            HiddenStates = settings.HiddenStates ? layers : [],
        });
        using SessionOptions options = SessionConfiguration.For(settings, model, checkpoint.StoredType);
        try
        {
            ActivationShape hidden = new(1, settings.InputSize.Tokens(checkpoint.Architecture.PatchSize), checkpoint.Architecture.Width, ActivationType.Float32);
            return new(model, hidden, new InferenceSession(model.Onnx, options));
        }
        catch (OnnxRuntimeException failure)
        {
            throw new CheckpointException($"{checkpoint.Directory}: ONNX Runtime refuses blocks {settings.Blocks} of this checkpoint: {failure.Message}", failure);
        }
    }

    /// <summary>Runs a first segment on <paramref name="pictures"/>, each H·W·3 bytes of RGB, row-major.</summary>
    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        InputSize size = _model.Request.InputSize;
        using OrtValue batch = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, TensorElementType.UInt8, [pictures.Count, size.Height, size.Width, 3]);
        Span<byte> target = batch.GetTensorMutableDataAsSpan<byte>();
        for (int i = 0; i < pictures.Count; i++)
            pictures[i].Span[..size.PixelBytes].CopyTo(target[(i * size.PixelBytes)..]);
        return Run(batch, pictures.Count);
    }

    /// <summary>Runs a first segment on normalised planes [B, 3, H, W].</summary>
    public Activation RunPixelValues(float[] planes)
    {
        ArgumentNullException.ThrowIfNull(planes);
        InputSize size = _model.Request.InputSize;
        int batchSize = planes.Length / size.PixelBytes;
        using OrtValue batch = OrtValue.CreateTensorValueFromMemory(planes, [batchSize, 3, size.Height, size.Width]);
        return Run(batch, batchSize);
    }

    /// <summary>Runs a later segment on what the one before made. <paramref name="input"/> stays the caller's to dispose.</summary>
    /// <exception cref="ArgumentException">The hidden state is of another shape or element type than this segment takes.</exception>
    public Activation Run(Activation input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ActivationShape shape = _hidden with { BatchSize = input.BatchSize };
        if (input.Shape != shape)
            throw new ArgumentException($"segment {Blocks} takes a hidden state of {shape}; it was handed {input.Shape}", nameof(input));
        using OrtValue hidden = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, TensorElementType.Float, [shape.BatchSize, shape.Tokens, shape.Width], input.Hidden, shape.Bytes);
        return Run(hidden, input.BatchSize);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }

    private Activation Run(OrtValue input, int batchSize)
    {
        IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_options, [_model.InputName], [input], _outputs);
        Dictionary<string, nint> addresses = _outputs.Zip(results).ToDictionary(pair => pair.First, pair => Address(pair.Second));
        SegmentOutputs outputs = new(
            _model.NextInput is { } next ? addresses[next] : 0,
            _model.PooledLayers.ToFrozenDictionary(layer => layer, layer => addresses[SegmentNames.Pooled(layer)]),
            _model.HiddenStates.ToFrozenDictionary(layer => layer, layer => addresses[SegmentNames.HiddenState(layer)]));
        return new(_hidden with { BatchSize = batchSize }, outputs, results);
    }

    private static unsafe nint Address(OrtValue tensor)
    {
        fixed (byte* first = tensor.GetTensorMutableRawData())
            return (nint)first;
    }
}
