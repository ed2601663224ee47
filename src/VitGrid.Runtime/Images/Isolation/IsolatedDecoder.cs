using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Runtime.Images.Isolation;

/// <summary>
/// Decodes in processes of its own: what ends them, a fault of a native library or too little memory, ends nothing else, and a decode
/// whose time is over is ended with its process. Only headers are looked at in this process. Processes are started when they are needed,
/// as many as decode at once, and kept; images that stand back have some of their own, which let batches and other images go first. A
/// start takes far longer than a small image: it goes on although whoever needed it has left, and so does, for a moment, a
/// decode, or clients that leave early would have the processor start processes for them. Any thread may call.
/// </summary>
public sealed class IsolatedDecoder : IImageDecoder, IDisposable
{
    private const int Attempts = 2;
    private const int RegionStep = 1 << 20;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly DecodeProgram _program;
    private readonly ImageLimits _limits;
    private readonly ImagePreprocessor _headers;
    private readonly SemaphoreSlim _free;
    private readonly Lock _gate = new();
    private readonly Stack<Child> _idle = [];

    // Who lowers its priority cannot raise it again: decodes that stand back have processes of their own.
    private readonly Stack<Child> _idleBehind = [];
    private readonly HashSet<DecoderProcess> _all = [];
    private readonly CancellationTokenSource _ending = new();
    private bool _over;

    /// <summary>Makes it; nothing is started.</summary>
    /// <param name="program">What is started.</param>
    /// <param name="limits">What an image may cost.</param>
    /// <param name="processes">Most processes at once.</param>
    public IsolatedDecoder(DecodeProgram program, ImageLimits limits, int processes)
    {
        _program = program;
        _limits = limits;
        _headers = new(limits);
        _free = new(processes, processes);
    }

    /// <summary>How long a decode that nobody waits for any more may go on before its process is ended.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Bytes of shared memory that a process would have whose pixels are <paramref name="pixelBytes"/>.</summary>
    public static long SharedBytes(long pixelBytes) => SharedRegion.FileBytes + RoomFor(pixelBytes);

    /// <summary>The processes that there are now, by the system's numbers.</summary>
    public IReadOnlyList<int> Processes
    {
        get
        {
            lock (_gate)
                return [.. _all.Select(process => process.Id)];
        }
    }

    /// <summary>Starts a first process, which waits for an image then.</summary>
    /// <param name="pixelBytes">Bytes of an image's pixels.</param>
    /// <returns>Whether pixels come through shared memory; false where there is too little and they come through a pipe.</returns>
    /// <exception cref="DecoderException">It did not start.</exception>
    public bool Start(long pixelBytes)
    {
        _free.Wait();
        try
        {
            Child first = Take(pixelBytes, standsBack: false);
            Give(first);
            return first.Process.IsShared;
        }
        finally
        {
            _free.Release();
        }
    }

    /// <inheritdoc/>
    public DecodeCost Measure(ReadOnlySpan<byte> file, PreprocessProfile profile) => _headers.Measure(file, profile);

    /// <inheritdoc/>
    public void Decode(DecodeOrder order, Span<byte> pixels, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        _free.Wait(cancellationToken);
        try
        {
            DecodeReply reply = Ask(order, pixels, cancellationToken);
            if (reply.Fault is { } fault)
                throw new ImageException(fault, reply.Message ?? "image was refused");
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Ends all processes. Decodes that run fail, and their threads free what was shared.</summary>
    public void Dispose()
    {
        Child[] idle;
        DecoderProcess[] busy;
        lock (_gate)
        {
            if (_over)
                return;
            _over = true;
            idle = [.. _idle, .. _idleBehind];
            _idle.Clear();
            _idleBehind.Clear();
            busy = [.. _all.Except(idle.Select(child => child.Process))];
        }
        _ending.Cancel();
        foreach (DecoderProcess process in busy)
            process.Kill();
        foreach (Child child in idle)
            Retire(child.Process);
        _ending.Dispose();
    }

    private static long RoomFor(long pixelBytes) => (pixelBytes + RegionStep - 1) / RegionStep * RegionStep;

    private DecodeReply Ask(DecodeOrder order, Span<byte> pixels, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Child child = Take(pixels.Length, order.StandsBack);
            if (cancellationToken.IsCancellationRequested)
            {
                Give(child);
                cancellationToken.ThrowIfCancellationRequested();
            }
            DecodeReply? reply = null;
            try
            {
                reply = DecodeWithin(child.Process, order, pixels, cancellationToken);
            }
            finally
            {
                if (reply is null)
                    Retire(child.Process);
            }
            if (reply is null)
                continue;
            Give(child);
            cancellationToken.ThrowIfCancellationRequested();
            return reply;
        }
        throw new ImageException(
            ImageFault.DecodeFailed,
            $"image of {order.File.Length} bytes ended the process that decoded it, {Attempts} times; nothing of it is used: save it anew "
            + "with another program");
    }

    /// <summary>
    /// Decodes within the time that an image may take, from when a process is there, and within <see cref="Patience"/> once whoever asked
    /// has left.
    /// </summary>
    private DecodeReply? DecodeWithin(DecoderProcess process, DecodeOrder order, Span<byte> pixels, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
        limit.CancelAfter(_limits.MaxDecodeTime);
        using CancellationTokenRegistration leaving = cancellationToken.UnsafeRegister(_ => patience.CancelAfter(Patience), null);
        try
        {
            return process.Decode(order, _limits, pixels, limit.Token);
        }
        catch (OperationCanceledException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ImageException(
                ImageFault.TooLarge,
                $"image of {order.File.Length} bytes was not decoded within {_limits.MaxDecodeTime.TotalMilliseconds:0} ms "
                + "(Images:MaxDecodeMilliseconds): send a smaller image, or save it as a baseline JPEG", exception);
        }
    }

    /// <summary>An idle process with room for the pixels, or a new one.</summary>
    private Child Take(long pixelBytes, bool standsBack)
    {
        while (TryPop(standsBack, out Child idle))
        {
            if (idle.Room >= pixelBytes)
                return idle;
            Retire(idle.Process);
        }
        long room = RoomFor(pixelBytes);
        DecoderProcess process = StartWithin(room, standsBack);
        lock (_gate)
        {
            if (!_over)
            {
                _all.Add(process);
                return new(process, room, standsBack);
            }
        }
        process.Dispose();
        throw new ObjectDisposedException(nameof(IsolatedDecoder));
    }

    private DecoderProcess StartWithin(long room, bool standsBack)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        limit.CancelAfter(StartLimit);
        try
        {
            return DecoderProcess.Start(_program, SharedRegion.Create(room), standsBack: standsBack, limit.Token);
        }
        catch (OperationCanceledException exception)
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _over), this);
            throw new DecoderException(
                $"no process could be started that decodes images: '{_program.FileName}' said nothing for {StartLimit.TotalSeconds:0} s; "
                + "lower the load, or decode in the server itself with Images:DecodeProcess=false", exception);
        }
    }

    private bool TryPop(bool standsBack, out Child idle)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_over, this);
            return (standsBack ? _idleBehind : _idle).TryPop(out idle);
        }
    }

    private void Give(Child child)
    {
        lock (_gate)
        {
            if (!_over)
            {
                (child.StandsBack ? _idleBehind : _idle).Push(child);
                return;
            }
        }
        Retire(child.Process);
    }

    private void Retire(DecoderProcess process)
    {
        bool isMine;
        lock (_gate)
            isMine = _all.Remove(process);
        if (isMine)
            process.Dispose();
    }

    private readonly record struct Child(DecoderProcess Process, long Room, bool StandsBack);
}
