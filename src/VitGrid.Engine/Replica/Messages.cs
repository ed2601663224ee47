using System.Buffers;
using VitGrid.Engine.Features;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Replica;

/// <summary>One image to embed.</summary>
/// <param name="Pixels">The image. The giver holds it for the call; whoever needs it longer adds a hold of its own.</param>
/// <param name="Layer">Hidden state to pool, 0…L.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Bytes">What it holds while it waits.</param>
/// <param name="Remaining">Time left until its deadline: a duration, so that clocks need not agree.</param>
public sealed record ImageOrder(
    Pixels Pixels,
    int Layer,
    Lane Lane,
    long Bytes,
    TimeSpan Remaining)
{
    /// <summary>Its span as a traceparent; null when it is not traced.</summary>
    public string? Trace { get; init; }

    /// <summary>Its request, for logs; null: unnamed.</summary>
    public string? RequestId { get; init; }

    /// <summary>Devices that broke while they had it, alone or among others: it then runs alone, and at two it is refused.</summary>
    public int Broken { get; init; }

    /// <summary>On whose behalf, see <see cref="TenantLabel"/>: the batcher is fair among these.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>What is to be given out beside the pooled vectors; null: nothing. Its deepest layer is <see cref="Layer"/>.</summary>
    public FeatureOrder? Features { get; init; }

    /// <summary>Whether <see cref="Pixels"/> are normalised planes, [3, H, W] in single precision.</summary>
    public bool ArePlanes { get; init; }
}

/// <summary>One image's pooled vectors.</summary>
/// <param name="ClsThenMean">2 D floats: the class token, then the mean of the patch tokens; un-normalised.</param>
/// <param name="Queue">From acceptance by the batcher until its batch left.</param>
/// <param name="Infer">From then until the batch was done.</param>
public sealed record ImageAnswer(
    float[] ClsThenMean,
    TimeSpan Queue,
    TimeSpan Infer)
{
    /// <summary>What was asked for beside them; null: nothing was. The receiver's to dispose.</summary>
    public FeatureSet? Features { get; init; }

    /// <summary>Where and when it was computed; null: not known, as of a process of an earlier version.</summary>
    public VectorOrigin? Origin { get; init; }
}

/// <summary>One batch.</summary>
/// <param name="Images">The images, each held once by the batch: whoever runs it disposes them.</param>
/// <param name="Layers">The hidden state each image wants, 0…L.</param>
/// <param name="Traces">Each image's span; null when none is traced.</param>
/// <param name="Trace">The batch's own span.</param>
public sealed record BatchOrder(Pixels[] Images, int[] Layers, string?[]? Traces = null, string? Trace = null)
{
    /// <summary>Each image's request; null when none is named.</summary>
    public string?[]? RequestIds { get; init; }

    /// <summary>
    /// What each image is to give out beside its vectors; null: nothing. A batch has it for all of its images or for none.
    /// </summary>
    public FeatureOrder[]? Features { get; init; }

    /// <summary>Whether its images are normalised planes: all of them, or none.</summary>
    public bool ArePlanes { get; init; }
}

/// <summary>A batch's pooled vectors: for each image its 2 D floats, or null where <see cref="BatchAnswer.Failure"/> says why.</summary>
public sealed record BatchAnswer(float[][] ClsThenMean)
{
    /// <summary>Where and when they were computed; null: not known.</summary>
    public VectorOrigin? Origin { get; init; }

    /// <summary>Why images have no vectors, whose entry is null; null: all have.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Each image's features, all blocks come; null where none were asked for. The receiver's to dispose.</summary>
    public FeatureGathering[]? Features { get; init; }
}

/// <summary>How a replica lost an image.</summary>
public enum ReplicaLoss
{
    /// <summary>The replica went away, was replaced, or was too slow.</summary>
    Gone,

    /// <summary>A device of it is out; the image was not on it when that happened.</summary>
    DeviceOut,

    /// <summary>A device of it broke on the image's batch, or gave no number for the image.</summary>
    DeviceBroke,

    /// <summary>A device has no memory for a batch of that size.</summary>
    TooLarge,
}

/// <summary>
/// The replica that had the image is gone, broken or replaced; nothing is wrong with the image, and another replica may compute it.
/// </summary>
public sealed class ReplicaLostException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How.</summary>
    public ReplicaLoss Loss { get; init; }

    /// <summary>What an image is refused with that has broken so many devices, of which this was the last.</summary>
    public GridException ToImageFault(string model, int devices) => Refusals.ImageBreaksDevices(model, devices, this);
}

/// <summary>
/// One decoded image: row-major RGB in a pooled buffer that passes by reference and is returned when its last holder disposes it. Any
/// thread may call.
/// </summary>
public sealed class Pixels : IDisposable
{
    private readonly IMemoryOwner<byte> _buffer;
    private readonly int _length;
    private IDisposable? _charge;
    private int _holders = 1;

    private Pixels(IMemoryOwner<byte> buffer, int length, IDisposable? charge) => (_buffer, _length, _charge) = (buffer, length, charge);

    /// <summary>The bytes; valid while the image is held.</summary>
    public Memory<byte> Memory => _buffer.Memory[.._length];

    /// <summary>Whether anybody holds it.</summary>
    internal bool IsHeld => Volatile.Read(ref _holders) > 0;

    /// <summary>A buffer of <paramref name="length"/> bytes with one holder; <paramref name="charge"/> is given back with it.</summary>
    internal static Pixels Rent(int length, IDisposable charge) => new(MemoryPool<byte>.Shared.Rent(length), length, charge);

    /// <summary>Takes over pixels that came from another process; one holder.</summary>
    public static Pixels Adopt(IMemoryOwner<byte> received) => new(received, received.Memory.Length, null);

    /// <summary>
    /// Parts of equal length, one after another, each an image of its own with one holder: the tiles of an image. The buffer is returned
    /// when they and this are disposed.
    /// </summary>
    internal Pixels[] Split(int parts)
    {
        int length = _length / parts;
        return [.. Enumerable.Range(0, parts).Select(part => new Pixels(new Part(Hold(), part * length, length), length, null))];
    }

    /// <summary>Adds a holder, who disposes the same instance.</summary>
    /// <exception cref="ObjectDisposedException">The last holder has left.</exception>
    internal Pixels Hold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            // Another holder may have come or left since the count was read: only an unchanged count is raised, so that zero stays zero.
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return this;
            holders = seen;
        }
        throw new ObjectDisposedException(nameof(Pixels), "the pixels of an image are no longer held: its request has ended");
    }

    /// <summary>Leaves; the last holder frees the buffer.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        _buffer.Dispose();
        ReturnCharge();
    }

    private sealed class Part(Pixels whole, int offset, int length) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => whole.Memory.Slice(offset, length);

        public void Dispose() => whole.Dispose();
    }

    /// <summary>Gives the charge back before the buffer, which a run that does not end may hold for ever.</summary>
    internal void ReturnCharge() => Interlocked.Exchange(ref _charge, null)?.Dispose();
}

/// <summary>A batch on its way through a replica.</summary>
/// <param name="Batch">Its id, never used twice within the process that formed it; a replayed batch has another.</param>
/// <param name="Layers">The hidden state each image wants, 0…L.</param>
public sealed record BatchTicket(long Batch, int[] Layers)
{
    /// <summary>The deepest layer asked for: the batch goes no further.</summary>
    public int Deepest { get; } = Layers.Max();

    /// <summary>Its span as a traceparent; null when it is not traced.</summary>
    public string? Trace { get; init; }

    /// <summary>Each image's request; null when none is named.</summary>
    public string?[]? RequestIds { get; init; }

    /// <inheritdoc cref="BatchOrder.Features"/>
    public FeatureOrder[]? Features { get; init; }

    /// <inheritdoc cref="BatchOrder.ArePlanes"/>
    public bool ArePlanes { get; init; }
}

/// <summary>
/// What a stage is given: a batch's pixels at the first stage, the activation of the stage before at a later one. Owned by whoever holds
/// it.
/// </summary>
/// <param name="Ticket">The batch.</param>
/// <param name="Pixels">One an image, held; null at a later stage.</param>
/// <param name="Hidden">The activation; null at the first stage.</param>
/// <param name="Taken">Called when the stage has let go of it: the sender's credit comes back.</param>
public sealed record StageInput(BatchTicket Ticket, IReadOnlyList<Pixels>? Pixels, Activation? Hidden, Action? Taken = null) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Pixels pixels in Pixels ?? [])
            pixels.Dispose();
        Hidden?.Dispose();
        Taken?.Invoke();
    }
}

/// <summary>What a stage made of some images of a batch.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Items">Which of its images.</param>
/// <param name="ClsThenMean">Their 2 D floats.</param>
public sealed record PooledItems(long Batch, int[] Items, float[][] ClsThenMean);

/// <summary>One incarnation of one replica of a model: the unit that is planned, loaded, served and retired as a whole.</summary>
/// <param name="Model">The model's name; may hold slashes.</param>
/// <param name="Replica">Number among the model's replicas.</param>
/// <param name="Epoch">Never used twice: a stage of another epoch is refused, so no image passes a mixed pipeline.</param>
public readonly record struct ReplicaKey(string Model, int Replica, long Epoch)
{
    /// <summary>Gives <c>MODEL/REPLICA/EPOCH</c>, which <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model}/{Replica}/{Epoch}");

    /// <summary>Reads what <see cref="ToString"/> has written; any other text is a fault of the program.</summary>
    public static ReplicaKey Parse(string text)
    {
        int second = text.LastIndexOf('/');
        int first = text.LastIndexOf('/', second - 1);
        return new(
            text[..first],
            int.Parse(text.AsSpan(first + 1, second - first - 1), NumberStyles.None, CultureInfo.InvariantCulture),
            long.Parse(text.AsSpan(second + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }
}

/// <summary>One segment of one incarnation of a replica.</summary>
public readonly record struct StageKey(ReplicaKey Replica, int Segment)
{
    /// <summary>Gives <c>MODEL/REPLICA/EPOCH/SEGMENT</c>, which <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Replica}/{Segment}");

    /// <summary>Reads what <see cref="ToString"/> has written; any other text is a fault of the program.</summary>
    public static StageKey Parse(string text)
    {
        int last = text.LastIndexOf('/');
        return new(ReplicaKey.Parse(text[..last]), int.Parse(text.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }
}
