using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Runtime.Sessions;

/// <summary>One segment loaded on one device. Not thread-safe: its device's thread drives it.</summary>
public interface ISegmentSession : IDisposable
{
    /// <summary>The blocks it holds.</summary>
    BlockRange Blocks { get; }

    /// <summary>Runs a first segment on <paramref name="images"/>, each H·W·3 bytes of RGB, row-major.</summary>
    Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images);

    /// <summary>Runs a first segment on normalised planes [B, 3, H, W].</summary>
    Activation RunPixelValues(float[] planes);

    /// <summary>
    /// Runs a later segment on what the one before made, wherever that lies. <paramref name="input"/> stays the caller's to dispose.
    /// </summary>
    /// <exception cref="ArgumentException">The hidden state is of another shape or element type than this segment takes.</exception>
    Activation Run(Activation input);
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

    /// <summary>Whether this segment made the pooled vectors of <paramref name="layer"/>.</summary>
    public bool Has(int layer) => _outputs.Pooled.ContainsKey(layer);

    /// <summary>
    /// Copies the vectors of image <paramref name="item"/> after <paramref name="layer"/> blocks: D numbers of the class
    /// token, then D of the mean over patch tokens.
    /// </summary>
    public unsafe void CopyPooled(int layer, int item, Span<float> classThenMean)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)item, (uint)BatchSize, nameof(item));
        float* all = (float*)_outputs.Pooled[layer];
        new ReadOnlySpan<float>(all + ((long)item * 2 * Width), 2 * Width).CopyTo(classThenMean);
    }

    /// <summary>The pooled vectors of a layer where they lie, [B, 2, D], to be written to by injected faults.</summary>
    internal unsafe Span<float> Pooled(int layer) => new((float*)_outputs.Pooled[layer], BatchSize * 2 * Width);

    /// <summary>The layers whose pooled vectors this segment made.</summary>
    internal IEnumerable<int> PooledLayers => _outputs.Pooled.Keys;

    /// <summary>The hidden state as bytes, to be written to by injected faults; empty where there is none in host memory.</summary>
    internal unsafe Span<byte> Writable => _outputs.Next == 0 || _outputs.Space is not null
        ? default
        : new((void*)_outputs.Next, checked((int)Shape.Bytes));

    /// <summary>
    /// The hidden state after <paramref name="layer"/> blocks, [B, T, D] row-major; only where the session was asked for them.
    /// </summary>
    public unsafe float[] HiddenState(int layer)
    {
        float[] floats = new float[checked(BatchSize * Tokens * Width)];
        ReadOnlySpan<byte> stored = new((void*)_outputs.HiddenStates[layer], checked((int)Shape.Bytes));
        FloatWidening.Widen(ElementType.AsStored(), stored, floats);
        return floats;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable?)_hostHidden)?.Dispose();
        _hostBlock?.Dispose();
        _owner.Dispose();
    }

    private static unsafe nint Address(MemoryHandle pinned) => (nint)pinned.Pointer;

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
/// <param name="Pooled">float [B, 2, D] by layer.</param>
/// <param name="HiddenStates">[B, T, D] by layer.</param>
internal sealed record SegmentOutputs(nint Next, FrozenDictionary<int, nint> Pooled, FrozenDictionary<int, nint> HiddenStates)
{
    /// <summary>The memory that <see cref="Next"/> lies in, as only engines know it that reach it; null: the host's.</summary>
    public string? Space { get; init; }

    /// <summary>Copies <see cref="Next"/> into host memory; null where it lies in host memory itself.</summary>
    public Func<Block>? CopyToHost { get; init; }

    public static SegmentOutputs HiddenOnly(nint next) => new(next, FrozenDictionary<int, nint>.Empty, FrozenDictionary<int, nint>.Empty);
}
