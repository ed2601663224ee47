using System.Buffers;
using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Devices;

namespace VitGrid.Runtime.Sessions;

/// <summary>One segment loaded on one device. Not thread-safe: its device's thread drives it.</summary>
public sealed class SegmentSession : IDisposable
{
    private readonly ISegmentEngine _engine;
    private readonly SegmentModel _model;
    private readonly ActivationShape _hidden;
    private SharedWeights? _shared;

    private SegmentSession(SegmentModel model, ActivationShape hidden, ISegmentEngine engine, SharedWeights? shared)
    {
        _model = model;
        _hidden = hidden;
        _engine = engine;
        _shared = shared;
    }

    /// <summary>The blocks it holds.</summary>
    public BlockRange Blocks => _model.Request.Blocks;

    /// <summary>Builds the segment's graph and loads it. Takes from milliseconds to minutes: never call it from a grain.</summary>
    /// <exception cref="CheckpointException">ONNX Runtime refuses the weights, or their 8-bit form cannot be kept anywhere.</exception>
    /// <exception cref="NotSupportedException">The device or the precision is not available here, or the model cannot run in half
    /// precision.</exception>
    /// <exception cref="DeviceException">The device's driver refuses.</exception>
    public static SegmentSession Load(Checkpoint checkpoint, SegmentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(settings);
        SessionConfiguration.Check(settings, checkpoint.StoredType);
        DeviceMemory? memory = settings.Device.Kind == DeviceKind.Cuda ? OpenCuda(settings.Device) : null;
        if (settings.Device.Kind == DeviceKind.Cuda && settings.Precision == Precision.Fp16
            && settings.Blocks.End == checkpoint.Architecture.Depth)
            HalfPrecisionProbe.Check(checkpoint, settings.InputSize, probe => Load(checkpoint, probe.On(settings), memory));
        return Load(checkpoint, settings, memory);
    }

    /// <summary>Loads without a check; <paramref name="memory"/> is the device's own, or null for host memory.</summary>
    internal static SegmentSession Load(Checkpoint checkpoint, SegmentSettings settings, DeviceMemory? memory)
    {
        ImmutableSortedSet<int> layers = SegmentBuilder.AllLayers(checkpoint.Architecture.Depth);
        SegmentModel model = SegmentBuilder.Build(checkpoint, new SegmentRequest
        {
            Blocks = settings.Blocks,
            InputSize = settings.InputSize,
            Input = settings.Input,
            Compute = settings.Compute,
            Weights = settings.Precision == Precision.Int8 ? EightBitWeights(checkpoint, settings) : null,
            PooledLayers = layers,
            HiddenStates = settings.HiddenStates ? layers : [],
        });
        int tokens = settings.InputSize.Tokens(checkpoint.Architecture);
        ActivationShape hidden = new(1, tokens, checkpoint.Architecture.Width, settings.Compute);
        using SessionOptions options = SessionConfiguration.For(settings, model);
        SharedWeights? shared = memory is null ? settings.Sharing?.Take(model) : null;
        memory?.Enter();
        try
        {
            InferenceSession session = shared?.Open(model.Onnx, options) ?? new(model.Onnx, options);
            SegmentTensors tensors = new(model, hidden);
            return new(model, hidden, memory is null ? new DirectEngine(session, tensors) : new BoundEngine(
                session, tensors, memory), shared);
        }
        catch (OnnxRuntimeException exception)
        {
            shared?.Dispose();
            throw new CheckpointException(
                $"{checkpoint.Directory}: ONNX Runtime refuses blocks {settings.Blocks} of this checkpoint on {settings.Device.Name}: "
                    + $"{exception.Message}", exception);
        }
    }

    /// <summary>Runs a first segment on <paramref name="images"/>, each H·W·3 bytes of RGB, row-major.</summary>
    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        int bytes = _model.Request.InputSize.PixelBytes;
        MemoryHandle[] pinned = [.. images.Select(image => image[..bytes].Pin())];
        try
        {
            return _engine.Run([.. pinned.Select(handle => new Piece(Address(handle), bytes))], images.Count);
        }
        finally
        {
            Array.ForEach(pinned, handle => handle.Dispose());
        }
    }

    /// <summary>Runs a first segment on normalised planes [B, 3, H, W].</summary>
    public Activation RunPixelValues(float[] planes)
    {
        ArgumentNullException.ThrowIfNull(planes);
        using MemoryHandle pinned = planes.AsMemory().Pin();
        return _engine.Run([new(Address(pinned), (long)planes.Length * sizeof(float))],
            planes.Length / _model.Request.InputSize.PixelBytes);
    }

    /// <summary>
    /// Runs a later segment on what the one before made, wherever that lies. <paramref name="input"/> stays the caller's to dispose.
    /// </summary>
    /// <exception cref="ArgumentException">The hidden state is of another shape or element type than this segment takes.</exception>
    public Activation Run(Activation input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ActivationShape shape = _hidden with { BatchSize = input.BatchSize };
        if (input.Shape != shape)
            throw new ArgumentException($"segment {Blocks} takes a hidden state of {shape}; it was handed {input.Shape}", nameof(input));
        nint address = _engine is DirectEngine ? input.HostAddress : input.Hidden;
        return _engine.Run([new(address, shape.Bytes)], shape.BatchSize);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        // A second time it would give up another session's share.
        Interlocked.Exchange(ref _shared, null)?.Dispose();
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

    private static DeviceMemory OpenCuda(DeviceSpec device)
    {
        CudaDriver driver = CudaDriver.TryLoad()
            ?? throw new NotSupportedException($"device {device.Name}: there is no NVIDIA driver on this machine; name cpu:N");
        return DeviceMemory.OfCuda(driver, device.Ordinal);
    }

    private static unsafe nint Address(MemoryHandle pinned) => (nint)pinned.Pointer;
}
