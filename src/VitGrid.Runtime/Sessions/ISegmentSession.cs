using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Runtime.Sessions;

/// <summary>One segment loaded on one device. Not thread-safe: its device's thread drives it.</summary>
public interface ISegmentSession : IDisposable
{
    /// <summary>The blocks it holds.</summary>
    BlockRange Blocks { get; }

    /// <summary>The weights that it reads where their files are mapped; null: none, as where it has copies of all.</summary>
    MappedWeights? Mapped => null;

    /// <summary>
    /// Runs a first segment on <paramref name="images"/>, each H·W·3 samples of RGB, row-major; or [3, H, W] normalised planes in single
    /// precision, where it was loaded for those.
    /// </summary>
    Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images);

    /// <summary>Rows that are computed of each of these texts; 0 where it is the same number for all.</summary>
    int Rows(IReadOnlyList<ReadOnlyMemory<byte>> texts) => 0;

    /// <summary>Runs a first segment on normalised planes [B, 3, H, W].</summary>
    Activation RunPixelValues(float[] planes);

    /// <summary>
    /// Runs a later segment on what the one before made, wherever that lies. <paramref name="input"/> stays the caller's to dispose.
    /// </summary>
    /// <exception cref="ArgumentException">The hidden state is of another shape or element type than this segment takes.</exception>
    Activation Run(Activation input);

    /// <summary>
    /// This session for images of another size, computed with the very weights in memory that it computes with: what a probe of few patches
    /// sees is true of both. It is gone with this one, and need not be disposed.
    /// </summary>
    /// <param name="size">The other size, of the same kind of samples.</param>
    /// <returns>Null where it computes its own size alone.</returns>
    ISegmentSession? Resize(InputSize size) => null;
}

/// <summary>
/// What one segment made of one batch: the hidden state for the next segment and pooled vectors of its own layers. Owns
/// native memory; dispose it when the next segment has run.
/// </summary>
public sealed class Activation : IDisposable
{
    private readonly IDisposable _owner;
    private readonly SegmentOutputs _outputs;
    private readonly Lock _copying = new();
    private NativeBytes? _hostHidden;
    private Block? _hostBlock;

    internal Activation(ActivationShape shape, SegmentOutputs outputs, IDisposable owner)
    {
        Shape = shape;
        _outputs = outputs;
        _owner = owner;
    }

    /// <summary>Shape and element type of the hidden state.</summary>
    public ActivationShape Shape { get; }

    /// <summary>Images in the batch.</summary>
    public int BatchSize => Shape.BatchSize;

    /// <summary>T, tokens of one image.</summary>
    public int Tokens => Shape.Tokens;

    /// <summary>D, numbers of one token.</summary>
    public int Width => Shape.Width;

    /// <summary>Element type of the hidden state.</summary>
    public ActivationType ElementType => Shape.ElementType;

    /// <summary>
    /// The hidden state for the next segment, [B, T, D] row-major, in host memory. On a CPU it is the tensor itself; from a GPU it is
    /// copied into page-locked memory at the first call, on the calling thread. Valid until this is disposed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The last segment leaves none.</exception>
    /// <exception cref="OverflowException">It is larger than 2 GiB.</exception>
    public ReadOnlyMemory<byte> HostHidden
    {
        get
        {
            nint address = HostAddress;
            return (_hostHidden ??= new(address, checked((int)Shape.Bytes))).Memory;
        }
    }

    /// <summary>Address of the hidden state for the next segment, on the device that made it.</summary>
    internal nint Hidden => _outputs.Next != 0
        ? _outputs.Next
        : throw new InvalidOperationException("the last segment's result has no hidden state to go on with");

    /// <summary>Address of the hidden state for an engine that reaches <paramref name="space"/> and the host's memory.</summary>
    /// <param name="space">See <see cref="SegmentOutputs.Space"/>; null: the host's alone.</param>
    internal nint AddressFor(string? space) => space == _outputs.Space ? Hidden : HostAddress;

    /// <summary>Checks the hidden state for a segment that takes <paramref name="hidden"/>, whatever the batch.</summary>
    /// <returns>The batch's shape.</returns>
    /// <exception cref="ArgumentException">It is of another shape or element type.</exception>
    internal ActivationShape Expect(ActivationShape hidden, BlockRange blocks)
    {
        ActivationShape shape = hidden with { BatchSize = BatchSize };
        return Shape == shape
            ? shape
            : throw new ArgumentException($"segment {blocks} takes a hidden state of {shape}; it was handed {Shape}", nameof(hidden));
    }

    /// <summary>Address of the hidden state in host memory, copied there when it lies on a device.</summary>
    internal nint HostAddress
    {
        get
        {
            nint onDevice = Hidden;
            if (_outputs.CopyToHost is not { } copy)
                return onDevice;
            lock (_copying)
                return (_hostBlock ??= copy()).Address;
        }
    }

    /// <summary>
    /// A hidden state that arrived from elsewhere, [B, T, D] row-major, as input of a segment. Nothing is copied: the tensor is
    /// <paramref name="hidden"/>.
    /// </summary>
    /// <param name="batchSize">B, images.</param>
    /// <param name="tokens">T, tokens of one image.</param>
    /// <param name="width">D, numbers of one token.</param>
    /// <param name="type">Element type.</param>
    /// <param name="hidden">Exactly B · T · D elements, little-endian; they must not change until the activation is disposed.</param>
    /// <param name="owner">What to dispose with the activation.</param>
    /// <exception cref="ArgumentException">The number of bytes is not the shape's; <paramref name="owner"/> stays the caller's.</exception>
    public static Activation FromHost(int batchSize, int tokens, int width, ActivationType type, Memory<byte> hidden, IDisposable owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ActivationShape shape = new(batchSize, tokens, width, type);
        if (hidden.Length != shape.Bytes)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture,
                    $"a hidden state of {shape} has {shape.Bytes} bytes; {hidden.Length} were given"), nameof(hidden));
        }
        MemoryHandle pinned = hidden.Pin();
        return new(shape, SegmentOutputs.HiddenOnly(Address(pinned)), new Both(pinned, owner));
    }

    /// <summary>The same once more, valid until this is disposed; disposing it frees nothing.</summary>
    internal Activation Lend() => new(Shape, _outputs, new Nothing());

    /// <summary>Whether this segment made the pooled vectors of <paramref name="layer"/>.</summary>
    public bool Has(int layer) => _outputs.Pooled.ContainsKey(layer);

    /// <summary>
    /// Numbers of one image's pooled vector after <paramref name="layer"/> blocks: D of the class token where there is one, D of the mean
    /// over patch tokens, and after the last block those of the family's own head.
    /// </summary>
    public int PooledWidth(int layer) => _outputs.PooledWidths?[layer] ?? 2 * Width;

    /// <summary>Copies the pooled vector of image <paramref name="item"/> after <paramref name="layer"/> blocks.</summary>
    /// <param name="layer">A layer of this segment.</param>
    /// <param name="item">Number of the image in the batch.</param>
    /// <param name="vector">At least <see cref="PooledWidth"/> numbers.</param>
    public unsafe void CopyPooled(int layer, int item, Span<float> vector)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)item, (uint)BatchSize, nameof(item));
        float* all = (float*)_outputs.Pooled[layer];
        int width = PooledWidth(layer);
        new ReadOnlySpan<float>(all + ((long)item * width), width).CopyTo(vector);
    }

    /// <summary>The pooled vectors of a layer where they lie, one row an image, to be written to by injected faults.</summary>
    internal unsafe Span<float> Pooled(int layer) => new((float*)_outputs.Pooled[layer], BatchSize * PooledWidth(layer));

    /// <summary>The layers whose pooled vectors this segment made.</summary>
    internal IEnumerable<int> PooledLayers => _outputs.Pooled.Keys;

    /// <summary>The hidden state as bytes, to be written to by injected faults; empty where there is none in host memory.</summary>
    internal unsafe Span<byte> Writable => _outputs.Next == 0 || _outputs.Space is not null
        ? default
        : new((void*)_outputs.Next, checked((int)Shape.Bytes));

    /// <summary>
    /// The hidden state after <paramref name="layer"/> blocks, [B, T, D] row-major; only where the session was asked for them.
    /// </summary>
    public float[] HiddenState(int layer) => Widen(_outputs.HiddenStates[layer]);

    /// <summary>
    /// The same after the norm that follows the last block; only where the session was asked for hidden states and the encoder has such a
    /// norm.
    /// </summary>
    public float[] NormedState(int layer) => Widen(_outputs.NormedStates[layer]);

    /// <summary>A further output, row-major; only where the session was asked for it.</summary>
    public unsafe float[] Output(EncoderOutput output)
    {
        ArgumentNullException.ThrowIfNull(output);
        long image = output.ImageShape(Tokens).Aggregate(1L, (product, side) => product * side);
        return new ReadOnlySpan<float>((void*)_outputs.Further[output.Name], checked((int)(BatchSize * image))).ToArray();
    }

    /// <summary>
    /// The hidden state of image <paramref name="item"/> after <paramref name="layer"/> blocks, where it lies: [T, D] row-major in
    /// <see cref="ElementType"/>; only where the session was asked for it. Valid until this is disposed.
    /// </summary>
    public ReadOnlySpan<byte> HiddenStateOf(int layer, int item) => StateOf(_outputs.HiddenStates[layer], item);

    /// <summary>The same after the norm that follows the last block.</summary>
    public ReadOnlySpan<byte> NormedStateOf(int layer, int item) => StateOf(_outputs.NormedStates[layer], item);

    private unsafe ReadOnlySpan<byte> StateOf(nint states, int item)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)item, (uint)BatchSize, nameof(item));
        return new((byte*)states + (item * Shape.BytesPerImage), checked((int)Shape.BytesPerImage));
    }

    /// <summary>Whether a projector's tokens can be read.</summary>
    public bool HasVisualTokens => _outputs.VisualTokens.Address != 0;

    /// <summary>
    /// What the projector made of image <paramref name="item"/>, where it lies: [N, E] row-major in <see cref="ElementType"/>; only where
    /// the session was asked for it. Valid until this is disposed.
    /// </summary>
    public unsafe ReadOnlySpan<byte> VisualTokensOf(int item)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)item, (uint)BatchSize, nameof(item));
        (nint address, long bytes) = _outputs.VisualTokens;
        return address == 0
            ? throw new InvalidOperationException("the segment gives out no visual tokens")
            : new((byte*)address + (item * bytes), checked((int)bytes));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable?)_hostHidden)?.Dispose();
        _hostBlock?.Dispose();
        _owner.Dispose();
    }

    private unsafe float[] Widen(nint state)
    {
        float[] floats = new float[checked(BatchSize * Tokens * Width)];
        ReadOnlySpan<byte> stored = new((void*)state, checked((int)Shape.Bytes));
        FloatWidening.Widen(ElementType.AsStored(), stored, floats);
        return floats;
    }

    private static unsafe nint Address(MemoryHandle pinned) => (nint)pinned.Pointer;

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
            // What was lent is freed by whoever lent it.
        }
    }

    private sealed class Both(MemoryHandle pinned, IDisposable owner) : IDisposable
    {
        private MemoryHandle _pinned = pinned;

        public void Dispose()
        {
            _pinned.Dispose();
            owner.Dispose();
        }
    }
}

/// <summary>Where the outputs of one run lie. Pooled vectors and hidden states to look at are always in host memory.</summary>
/// <param name="Next">Address of the hidden state for the next segment, on the device that made it; 0 when there is none.</param>
/// <param name="Pooled">float [B, 2, D], or as <see cref="PooledWidths"/> says, by layer.</param>
/// <param name="HiddenStates">[B, T, D] by layer.</param>
internal sealed record SegmentOutputs(nint Next, FrozenDictionary<int, nint> Pooled, FrozenDictionary<int, nint> HiddenStates)
{
    /// <summary>Numbers of one image's pooled vector, by layer; null: class token and mean, 2 D.</summary>
    public FrozenDictionary<int, int>? PooledWidths { get; init; }

    /// <summary>[B, T, D] by layer, after the norm that follows the last block.</summary>
    public FrozenDictionary<int, nint> NormedStates { get; init; } = FrozenDictionary<int, nint>.Empty;

    /// <summary>Further outputs by name, in single precision.</summary>
    public FrozenDictionary<string, nint> Further { get; init; } = FrozenDictionary<string, nint>.Empty;

    /// <summary>The memory that <see cref="Next"/> lies in, as only engines know it that reach it; null: the host's.</summary>
    public string? Space { get; init; }

    /// <summary>What a projector made, [B, N, E]; no address: there is nothing.</summary>
    public ImageTensor VisualTokens { get; init; }

    /// <summary>Copies <see cref="Next"/> into host memory; null where it lies in host memory itself.</summary>
    public Func<Block>? CopyToHost { get; init; }

    public static SegmentOutputs HiddenOnly(nint next) => new(next, FrozenDictionary<int, nint>.Empty, FrozenDictionary<int, nint>.Empty);
}

/// <summary>A tensor of a batch in host memory.</summary>
/// <param name="Address">Of the first image's.</param>
/// <param name="ImageBytes">Bytes of one image's.</param>
internal readonly record struct ImageTensor(nint Address, long ImageBytes);
