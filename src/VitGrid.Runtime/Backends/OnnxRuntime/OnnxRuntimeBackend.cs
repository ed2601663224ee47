using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>Runs a segment's graph with one of ONNX Runtime's execution providers.</summary>
internal abstract class OnnxRuntimeBackend : IExecutionBackend
{
    /// <inheritdoc/>
    public abstract string Kind { get; }

    /// <inheritdoc/>
    public abstract bool SharesHost { get; }

    /// <inheritdoc/>
    public virtual bool IsProvenAtLoad => false;

    /// <inheritdoc/>
    public BackendLibrary Library => OnnxRuntimeLibrary.Described;

    /// <inheritdoc/>
    public abstract DeviceSurvey Survey();

    /// <inheritdoc/>
    public abstract Precision ChooseAutomatic(IReadOnlyList<DeviceFacts> devices);

    /// <inheritdoc/>
    public abstract Arithmetic? FindArithmetic(Precision precision);

    /// <inheritdoc/>
    public abstract string? Refusal(Precision precision);

    /// <inheritdoc/>
    public abstract ISegmentSession Load(Checkpoint checkpoint, SegmentSettings settings);

    /// <summary>Tells ONNX Runtime which provider computes, and with which options.</summary>
    protected abstract void Configure(SessionOptions options, SegmentSettings settings);

    /// <summary>Loads without a check, in <paramref name="compute"/>.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="settings">Blocks, input size and options.</param>
    /// <param name="memory">The device's own; null for host memory.</param>
    /// <param name="compute">What hidden states and weights are computed in.</param>
    /// <param name="library">A library that must stay in memory as long as the session and its results; null: none.</param>
    internal SegmentSession Load(
        Checkpoint checkpoint, SegmentSettings settings, DeviceMemory? memory, ActivationType compute, PluginUse? library = null)
    {
        SegmentRequest request = RequestFor(checkpoint, settings, compute) with
        {
            SpelledRotations = library is not null,
            // Graphs captured for one shape, and libraries that compile for one, are left theirs.
            ShortTexts = settings.ShortTexts && memory is null && library is null,
            Resizable = memory is null && library is null && compute == ActivationType.Float32 && settings.GivesVectorsOnly,
        };
        SegmentModel model = SegmentBuilder.Build(checkpoint, request);
        ActivationShape hidden = HiddenOf(checkpoint, request);
        using SessionOptions options = SessionConfiguration.Create(settings, model);
        Configure(options, settings);
        Func<InputSize, (SegmentModel, ActivationShape)?>? resize = model.Sizes.IsEmpty ? null : Resizing(checkpoint, model);
        if (settings.Flip is { } flip)
            model = flip.Apply(model);
        SharedWeights? shared = memory is null ? SharedWeights.Obtain(settings.Sharing, model) : null;
        memory?.Enter();
        try
        {
            InferenceSession session = shared?.Open(model, options) ?? new(model.Onnx, options);
            SegmentTensors tensors = new(model, hidden);
            return new(model, hidden, memory is null ? new DirectEngine(session, tensors, new(model.Sizes), library) : new BoundEngine(
                session, tensors, memory), shared, resize);
        }
        catch (OnnxRuntimeException exception)
        {
            shared?.Dispose();
            throw new CheckpointException(
                $"{checkpoint.Directory}: ONNX Runtime refuses blocks {settings.Blocks} of this checkpoint on {settings.Device.Name}: "
                    + Explain(exception.Message, settings), exception);
        }
    }

    /// <summary>What the refusal of a session means on these devices; without anything to add, ONNX Runtime's own words.</summary>
    protected virtual string Explain(string message, SegmentSettings settings) => message;

    private static ActivationShape HiddenOf(Checkpoint checkpoint, SegmentRequest request) =>
        new(1, request.InputSize.StateRows(checkpoint.Architecture), checkpoint.Architecture.Width, request.Compute);

    /// <summary>The same graph for images of another size; it is none for them where a byte of it would be another.</summary>
    private static Func<InputSize, (SegmentModel, ActivationShape)?> Resizing(Checkpoint checkpoint, SegmentModel model) => size =>
    {
        SegmentModel other = SegmentBuilder.Build(checkpoint, model.Request with { InputSize = size });
        return other.Onnx.AsSpan().SequenceEqual(model.Onnx) ? (other, HiddenOf(checkpoint, other.Request)) : null;
    };

    private static SegmentRequest RequestFor(Checkpoint checkpoint, SegmentSettings settings, ActivationType compute)
    {
        ImmutableSortedSet<int> layers = SegmentBuilder.AllLayers(checkpoint.Architecture.Depth);
        return new()
        {
            Blocks = settings.Blocks,
            InputSize = settings.InputSize,
            Input = settings.Input,
            Compute = compute,
            Weights = settings.Precision == Precision.Int8 ? EightBitWeights(checkpoint, settings) : null,
            PooledLayers = layers,
            HiddenStates = settings.HiddenStates ? layers : settings.FeatureLayers,
            NormedStates = settings.HiddenStates ? [checkpoint.Architecture.Depth] : settings.NormedLayers,
            Outputs = settings.HiddenStates ? [.. checkpoint.Outputs] : [],
            VisualTokens = settings.VisualTokens,
        };
    }

    private static EncoderWeights EightBitWeights(Checkpoint checkpoint, SegmentSettings settings)
    {
        EncoderWeights weights = EightBitStore.Obtain(
            checkpoint,
            settings.EightBits ?? EightBitKernel.Form,
            settings.Blocks,
            EightBitStore.Folders(checkpoint, Environment.GetEnvironmentVariable),
            settings.Quantising);
        checkpoint.Evict();
        return weights;
    }
}
