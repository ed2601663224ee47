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

    private SegmentSession(SegmentModel model, InferenceSession session)
    {
        _model = model;
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
            return new(model, new InferenceSession(model.Onnx, options));
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
    public Activation Run(Activation input)
    {
        ArgumentNullException.ThrowIfNull(input);
        OrtValue hidden = input.Next ?? throw new ArgumentException("the last segment's result has no hidden state to go on with", nameof(input));
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
        Dictionary<string, OrtValue> named = _outputs.Zip(results).ToDictionary(pair => pair.First, pair => pair.Second);
        return new(
            batchSize,
            results,
            _model.NextInput is { } next ? named[next] : null,
            _model.PooledLayers.ToDictionary(layer => layer, layer => named[SegmentNames.Pooled(layer)]),
            _model.HiddenStates.ToDictionary(layer => layer, layer => named[SegmentNames.HiddenState(layer)]));
    }
}
