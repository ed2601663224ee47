using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>A segment that ONNX Runtime has loaded.</summary>
/// <param name="model">Its graph.</param>
/// <param name="hidden">The hidden state's shape for one image.</param>
/// <param name="engine">What runs it, from now on the session's.</param>
/// <param name="shared">Weights of several sessions, of which this one has a share; null: none.</param>
/// <param name="resize">
/// What this very graph is for images of another size, null where it is none for them; null: it is for one size.
/// </param>
internal sealed class SegmentSession(
    SegmentModel model, ActivationShape hidden, ISegmentEngine engine, SharedWeights? shared,
    Func<InputSize, (SegmentModel Model, ActivationShape Hidden)?>? resize = null) : ISegmentSession
{
    private readonly SegmentRequest _request = model.Request;
    private SharedWeights? _shared = shared;

    /// <inheritdoc/>
    public BlockRange Blocks => _request.Blocks;

    /// <inheritdoc/>
    public MappedWeights? Mapped => _shared?.Mapped;

    /// <inheritdoc/>
    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        int bytes = Rows(images) is > 0 and var rows ? rows * sizeof(int)
            : _request.Input == SegmentInput.PixelValues ? _request.InputSize.PlaneBytes : _request.InputSize.PixelBytes;
        MemoryHandle[] pinned = [.. images.Select(image => image[..bytes].Pin())];
        try
        {
            return Run([.. pinned.Select(handle => new Piece(Address(handle), bytes))], images.Count);
        }
        finally
        {
            Array.ForEach(pinned, handle => handle.Dispose());
        }
    }

    /// <inheritdoc/>
    public int Rows(IReadOnlyList<ReadOnlyMemory<byte>> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (model.ShortTexts is not { } rows)
            return 0;
        int most = 0;
        for (int i = 0; i < texts.Count; i++)
            most = Math.Max(most, rows.Count(MemoryMarshal.Cast<byte, int>(texts[i].Span)));
        return most;
    }

    /// <inheritdoc/>
    public Activation RunPixelValues(float[] planes)
    {
        ArgumentNullException.ThrowIfNull(planes);
        using MemoryHandle pinned = planes.AsMemory().Pin();
        return Run([new(Address(pinned), (long)planes.Length * sizeof(float))], planes.Length / _request.InputSize.SampleCount);
    }

    /// <inheritdoc/>
    public Activation Run(Activation input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ActivationShape shape = input.Expect(hidden, Blocks);
        return Run([new(input.AddressFor(engine.Space), shape.Bytes)], shape.BatchSize);
    }

    /// <inheritdoc/>
    public ISegmentSession? Resize(InputSize size) => resize?.Invoke(size) is { } other && engine is DirectEngine direct
        ? new SegmentSession(other.Model, other.Hidden, direct.Resize(new(other.Model, other.Hidden), new(other.Model.Sizes)), shared: null)
        : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        engine.Dispose();
        // A second time it would give up another session's share.
        Interlocked.Exchange(ref _shared, null)?.Dispose();
    }

    private Activation Run(ReadOnlySpan<Piece> chunks, int batchSize)
    {
        try
        {
            return engine.Run(chunks, batchSize);
        }
        catch (Exception exception) when (RunFailures.Find(exception) is { } failure)
        {
            throw failure;
        }
    }

    private static unsafe nint Address(MemoryHandle pinned) => (nint)pinned.Pointer;
}

/// <summary>A part of a batch in memory: one image's pixels, or a whole tensor.</summary>
internal readonly record struct Piece(nint Address, long Bytes);

/// <summary>Runs one segment on one kind of memory.</summary>
internal interface ISegmentEngine : IDisposable
{
    /// <summary>The memory it computes in beside the host's; null where that is all it reaches.</summary>
    string? Space { get; }

    /// <summary>Runs a batch of <paramref name="batchSize"/> whose input is <paramref name="chunks"/>, one after another.</summary>
    Activation Run(ReadOnlySpan<Piece> chunks, int batchSize);
}

/// <summary>Runs a segment in host memory: batches of any size, outputs where ONNX Runtime allocates them.</summary>
/// <param name="session">The session, from now on the engine's.</param>
/// <param name="tensors">Its inputs and outputs.</param>
/// <param name="sizes">Its further inputs, from now on the engine's.</param>
/// <param name="library">What must stay in memory as long as the session and its results, from now on the engine's; null: nothing.</param>
internal sealed class DirectEngine(InferenceSession session, SegmentTensors tensors, SizedValues sizes, PluginUse? library = null)
    : ISegmentEngine
{
    private readonly RunOptions _options = new();
    private readonly string[] _inputs = [tensors.Input.Name, .. sizes.Names];
    private readonly string[] _outputs = [.. tensors.Outputs.Select(output => output.Name)];
    private readonly List<DirectEngine> _resized = [];
    private DirectEngine? _whole;

    public string? Space => null;

    public Activation Run(ReadOnlySpan<Piece> chunks, int batchSize)
    {
        // A run for another size is a probe's: it is to tell of what is no weight, the session's own size included.
        if (_whole is { } whole)
        {
            sizes.Check();
            whole.CheckSizes();
        }
        using OrtValue input = chunks.Length == 1 ? Wrap(chunks[0], batchSize) : Gather(chunks, batchSize);
        IDisposableReadOnlyCollection<OrtValue> results = session.Run(_options, _inputs, [input, .. sizes.Values], _outputs);
        Dictionary<string, nint> addresses = _outputs.Zip(results).ToDictionary(pair => pair.First, pair => Address(pair.Second));
        SegmentOutputs outputs = new(
            tensors.NextInput is { } next ? addresses[next] : 0,
            tensors.Pooled.ToFrozenDictionary(layer => layer.Key, layer => addresses[layer.Value]),
            tensors.HiddenStates.ToFrozenDictionary(layer => layer.Key, layer => addresses[layer.Value]))
        {
            VisualTokens = tensors.VisualTokens is { } visual ? new(addresses[visual.Name], visual.ImageBytes) : default,
            PooledWidths = tensors.PooledWidths,
            NormedStates = tensors.NormedStates.ToFrozenDictionary(layer => layer.Key, layer => addresses[layer.Value]),
            Further = tensors.Further.ToFrozenDictionary(name => name, name => addresses[name]),
        };
        IDisposable owner = library is null ? results : new LastingResults(results, library.Retain());
        return new(tensors.Hidden with { BatchSize = batchSize }, outputs, owner);
    }

    /// <summary>The same session for images of another size. It goes with this one.</summary>
    public DirectEngine Resize(SegmentTensors other, SizedValues values)
    {
        DirectEngine resized = new(session, other, values) { _whole = this };
        _resized.Add(resized);
        return resized;
    }

    public void Dispose()
    {
        if (_whole is not null)
            return;
        session.Dispose();
        foreach (DirectEngine resized in _resized)
            resized.Free();
        Free();
        library?.Dispose();
    }

    private void Free()
    {
        sizes.Dispose();
        _options.Dispose();
    }

    private void CheckSizes() => sizes.Check();

    private OrtValue Wrap(Piece piece, int batchSize) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, tensors.Input.Type, tensors.InputShape(batchSize, piece.Bytes / batchSize), piece.Address,
        piece.Bytes);

    private unsafe OrtValue Gather(ReadOnlySpan<Piece> chunks, int batchSize)
    {
        OrtValue batch = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, tensors.Input.Type, tensors.InputShape(batchSize, chunks[0].Bytes));
        byte* target = (byte*)Address(batch);
        foreach (Piece piece in chunks)
        {
            NativeMemory.Copy((void*)piece.Address, target, (nuint)piece.Bytes);
            target += piece.Bytes;
        }
        return batch;
    }

    private static unsafe nint Address(OrtValue tensor)
    {
        fixed (byte* first = tensor.GetTensorMutableRawData())
            return (nint)first;
    }
}

/// <summary>Results whose memory a library may have allocated, which goes after them.</summary>
internal sealed class LastingResults(IDisposable results, PluginUse library) : IDisposable
{
    public void Dispose()
    {
        results.Dispose();
        library.Dispose();
    }
}

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
            SegmentNames.InputIds => new(model.Ports.InputName, TensorElementType.Int32, size.PixelBytes, [size.Width]),
            SegmentNames.Pixels => new(model.Ports.InputName, OrtType(size.Samples), size.PixelBytes, [size.Height, size.Width, 3]),
            SegmentNames.PixelValues => new(
                model.Ports.InputName, TensorElementType.Float, 4L * size.SampleCount, [3, size.Height, size.Width]),
            _ => new(model.Ports.InputName, compute, hidden.BytesPerImage, state),
        };
        Pooled = model.Ports.PooledLayers.ToFrozenDictionary(layer => layer, SegmentNames.Pooled);
        PooledWidths = model.Ports.PooledShapes.ToFrozenDictionary(layer => layer.Key, layer => (int)Product(layer.Value));
        HiddenStates = model.Ports.HiddenStates.ToFrozenDictionary(layer => layer, SegmentNames.HiddenState);
        NormedStates = model.Ports.NormedStates.ToFrozenDictionary(layer => layer, SegmentNames.NormedState);
        Further = [.. model.Ports.Outputs.Select(output => output.Name)];
        if (model.VisualTokens is { } tokens)
        {
            VisualTokens = new(
                SegmentNames.VisualTokens, compute, (long)tokens.Count * tokens.Width * hidden.ElementType.Bytes(),
                [tokens.Count, tokens.Width]);
        }
        Outputs =
        [
            .. (IEnumerable<SegmentTensor>)(VisualTokens is null ? [] : [VisualTokens]),
            .. model.Ports.PooledShapes.Select(layer => Single(SegmentNames.Pooled(layer.Key), layer.Value)),
            .. model.Ports.Outputs.Select(output => Single(output.Name, output.ImageShape(hidden.Tokens))),
            .. NormedStates.Values.Select(name => new SegmentTensor(name, compute, hidden.BytesPerImage, state)),
            .. HiddenStates.Values.Append(NextInput).OfType<string>().Distinct().Select(
                name => new SegmentTensor(name, compute, hidden.BytesPerImage, state)),
        ];
    }

    public SegmentTensor Input { get; }

    /// <summary>Dimensions of a batch whose items have so many bytes: of texts, those of the longest.</summary>
    public long[] InputShape(int batchSize, long bytes) =>
        Input.Name == SegmentNames.InputIds ? [batchSize, bytes / sizeof(int)] : Input.Shape(batchSize);

    /// <summary>Every output; those read on the host first.</summary>
    public IReadOnlyList<SegmentTensor> Outputs { get; }

    /// <summary>The output that the next segment takes; null for the last.</summary>
    public string? NextInput { get; }

    /// <summary>Names of pooled outputs by layer.</summary>
    public FrozenDictionary<int, string> Pooled { get; }

    /// <summary>Numbers of one image's pooled vector, by layer.</summary>
    public FrozenDictionary<int, int> PooledWidths { get; }

    /// <summary>Names of hidden states after the last norm, by layer.</summary>
    public FrozenDictionary<int, string> NormedStates { get; }

    /// <summary>Names of further outputs.</summary>
    public IReadOnlyList<string> Further { get; }

    /// <summary>Names of all outputs that the host reads.</summary>
    public IEnumerable<string> ReadOnHost =>
        [SegmentNames.VisualTokens, .. Pooled.Values, .. Further, .. NormedStates.Values, .. HiddenStates.Values];

    /// <summary>Names of hidden states to look at, by layer.</summary>
    public FrozenDictionary<int, string> HiddenStates { get; }

    /// <summary>The output of a projector; null: there is none.</summary>
    public SegmentTensor? VisualTokens { get; }

    /// <summary>The hidden state's shape for one image.</summary>
    public ActivationShape Hidden { get; }

    private static SegmentTensor Single(string name, ImmutableArray<long> shape) =>
        new(name, TensorElementType.Float, sizeof(float) * Product(shape), [.. shape]);

    private static long Product(ImmutableArray<long> shape) => shape.Aggregate(1L, (product, side) => product * side);

    private static TensorElementType OrtType(PixelType type) =>
        type == PixelType.Single ? TensorElementType.Float : TensorElementType.UInt8;

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
