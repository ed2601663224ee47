using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace VitGrid.Transport;

/// <summary>What links of one data plane share.</summary>
/// <param name="Options">Its settings.</param>
/// <param name="Buffers">Memory for bodies.</param>
/// <param name="Time">Its clock.</param>
/// <param name="Logger">Its log.</param>
internal sealed record LinkSetup(DataPlaneConfiguration Options, NativeBufferPool Buffers, TimeProvider Time, ILogger Logger)
{
    /// <summary>Bounds what peers announce.</summary>
    public ReceiveBudget Receiving { get; } = new(Options.Limits.MaxReceivingBytes);

    /// <summary>When a line about a link of a stranger that broke is due.</summary>
    public Throttle Breaks { get; } = new(Time);

    /// <summary>When a line about a handler that failed is due.</summary>
    public Throttle Failures { get; } = new(Time);
}

/// <summary>
/// A connection to one other process. What arrives is delivered exactly as it was sent and once, or the link ends. There is no
/// repair: whoever needs an answer opens another link and asks again.
/// </summary>
public sealed partial class Link : IAsyncDisposable
{
    private static readonly LinkEnd ClosedHere = new(LinkEndReason.Closed, "this side closed the link");

    private readonly Connection _connection;
    private readonly LinkSetup _setup;
    private readonly ILogger _logger;
    private readonly SendQueue _queue = new();
    private readonly Liveness _liveness;
    private readonly Lock _beat = new();
    private readonly ITimer _timer;
    private readonly TaskCompletionSource<LinkEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _sending;
    private Task _receiving = Task.CompletedTask;
    // Frames of users: the transport's own do not make a keep-alive superfluous.
    private long _sent;
    private int _reading;
    private int _closing;
    private LinkEnd? _end;

    internal Link(Connection connection, Hello peer, bool isOpenedHere, LinkSetup setup)
    {
        (_connection, _setup, _logger, Peer) = (connection, setup, setup.Logger, peer.Self);
        (Protocol, IsOpenedHere) = (peer.Protocol, isOpenedHere);
        connection.Reader.Limits = new(setup.Options.Limits.MaxHeadBytes, setup.Options.Limits.MaxBodyBytes);
        connection.Reader.Reserve = bytes => setup.Receiving.TryTake(bytes, IsKnown);
        if (setup.Options.Rules.Gate is { } gate)
            connection.Reader.Gate = kind => gate(this, kind);
        TimeSpan period = TimeSpan.FromMilliseconds(setup.Options.PingMilliseconds);
        _liveness = new(period, TimeSpan.FromMilliseconds(setup.Options.SilenceMilliseconds), setup.Time.Elapsed());
        _sending = TransferThread.Run($"to {Peer.Node}", Send);
        _timer = setup.Time.CreateTimer(static link => ((Link)link!).OnBeat(), this, period, period);
    }

    /// <summary>Who is at the other end.</summary>
    public NodeIdentity Peer { get; }

    /// <summary>Whether this process opened it: it then found the peer where the grid says that it is.</summary>
    public bool IsOpenedHere { get; }

    /// <summary>What the peer speaks: 1 in builds whose exchanges have ids of 64 bits, 2 in builds without features, else 3.</summary>
    public int Protocol { get; }

    /// <summary>The peer showed a certificate that lets it be a front end and no more.</summary>
    public bool IsFrontEnd => _connection.IsFrontEnd;

    /// <summary>Whether the peer is a worker of the grid.</summary>
    public bool IsKnown => !IsFrontEnd && (IsOpenedHere || _setup.Options.Rules.IsKnown(Peer));

    /// <summary>Completes when the link has ended, whoever ended it.</summary>
    public Task<LinkEnd> Ended => _ended.Task;

    /// <summary>When the peer was last known to live, on <see cref="MonotonicClock"/>'s scale.</summary>
    internal TimeSpan LastHeard
    {
        get
        {
            lock (_beat)
                return _liveness.LastHeard;
        }
    }

    /// <summary>Begins to read frames.</summary>
    internal void Start(FrameHandler handler) => _receiving = TransferThread.Run($"from {Peer.Node}", () => Receive(handler));

    /// <summary>
    /// Sends one frame; completes when its bytes were handed to the system and the memory may be reused. Frames with a body
    /// leave in the order of the calls; one without may pass those that wait. A frame that has begun to leave is sent whole,
    /// cancelled or not.
    /// </summary>
    /// <exception cref="LinkEndedException">The link has ended; the frame may or may not have arrived.</exception>
    /// <exception cref="ArgumentException">The kind is the transport's own, or head or body are above the limits.</exception>
    public async ValueTask SendAsync(
        ushort kind, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        Check(kind, head.Length, body.Length);
        cancellationToken.ThrowIfCancellationRequested();
        Outgoing frame = new(kind, head, body);
        _queue.Add(frame);
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (frame, token) => ((Outgoing)frame!).GiveUp(token), frame);
        await frame.Sent.ConfigureAwait(false);
    }

    /// <summary>
    /// Closes the link: what was handed to <see cref="SendAsync"/> before is delivered, what still arrives is dropped. Waits for
    /// the peer's end, at most <see cref="DataPlaneOptions.CloseMilliseconds"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closing, 1) == 1)
        {
            await Ended;
            return;
        }
        using CancellationTokenSource limit = new(TimeSpan.FromMilliseconds(_setup.Options.Limits.CloseMilliseconds), _setup.Time);
        try
        {
            await CloseAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            LogCutShort(Peer.Node, _setup.Options.Limits.CloseMilliseconds);
        }
        catch (Exception exception) when (exception is LinkEndedException or IOException or SocketException or ObjectDisposedException)
        {
            // The peer was quicker, or is gone; there is nothing left to close.
        }
        End(ClosedHere);
    }

    private async Task CloseAsync(CancellationToken limit)
    {
        _queue.Close(ClosedHere);
        await _sending.WaitAsync(limit);
        if (Ended.IsCompleted)
            return;
        // To close a socket with unread bytes would reset it, and the peer could lose what was sent last.
        Task read = TryClaimReader() ? TransferThread.Run($"rest from {Peer.Node}", _connection.Reader.Drain) : _receiving;
        await read.WaitAsync(limit);
    }

    /// <summary>The thread that writes: everything that is handed over, then a goodbye.</summary>
    private void Send()
    {
        while (_queue.TryDequeue(out Outgoing? frame))
        {
            if (TryWrite(frame.Kind, frame.Head.Span, frame.Body.Span) is { } failure)
                frame.Break(failure);
            else
                frame.Complete();
        }
        // A link that breaks turns the queue away before it is known to have ended: a goodbye would hide the break from the peer.
        if (Volatile.Read(ref _end) is null && TryWrite(OwnKinds.Goodbye, default, default) is null)
            _connection.EndSending();
    }

    private LinkEndedException? TryWrite(ushort kind, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        try
        {
            _connection.Writer.Write(kind, head, body);
            if (kind < OwnKinds.First)
                Volatile.Write(ref _sent, _sent + 1);
            return null;
        }
        catch (Exception exception)
        {
            return new(End(new(LinkEndReason.Reset, $"the connection to {Peer.Node} broke while a frame was sent: {exception.Message}")),
                exception);
        }
    }

    /// <summary>The thread that reads and calls the handler.</summary>
    private void Receive(FrameHandler handler)
    {
        try
        {
            while (TryClaimReader())
            {
                Frame frame = _connection.Reader.Read();
                if (Volatile.Read(ref _closing) == 1)
                {
                    frame.Body?.Dispose();
                    _connection.Reader.Drain();
                    return;
                }
                FreeReader();
                if (frame.Kind == OwnKinds.Goodbye)
                    End(new(LinkEndReason.PeerClosed, $"{Peer.Node} closed the link"));
                else if (frame.Kind != OwnKinds.Ping)
                    Handle(handler, frame);
                if (Ended.IsCompleted)
                    return;
            }
        }
        catch (FrameException exception)
        {
            End(new(exception.Reason, $"{Peer.Node}: {exception.Message}"));
        }
        catch (Exception exception)
        {
            End(Volatile.Read(ref _closing) == 1 ? ClosedHere : new(
                LinkEndReason.Reset, $"the connection to {Peer.Node} broke: {exception.Message}"));
        }
    }

    private void Handle(FrameHandler handler, Frame frame)
    {
        if (frame.Kind >= OwnKinds.First)
        {
            frame.Body?.Dispose();
            throw new FrameException(LinkEndReason.Protocol, $"a frame of kind {frame.Kind} came where none was due");
        }
        try
        {
            ValueTask handled = handler(this, frame);
            // The thread is the link's own: while the handler works, nothing is to be read.
            if (!handled.IsCompletedSuccessfully)
                handled.AsTask().GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            if (_setup.Failures.Add() is { } failures)
                LogHandlerFailed(exception, Peer.Node, frame.Kind, failures);
            End(new(LinkEndReason.HandlerFailed,
                $"the handler of a frame of kind {frame.Kind} from {Peer.Node} failed: {PeerText.Escape(exception.Message)}"));
        }
    }

    private void OnBeat()
    {
        Beat beat;
        lock (_beat)
        {
            beat = _liveness.Next(_setup.Time.Elapsed(), _connection.Reader.Received, Volatile.Read(ref _sent), Volatile.Read(
                ref _reading) == 1);
        }
        if (beat == Beat.Silent)
            End(new(LinkEndReason.Silent,
                $"nothing came from {Peer.Node} for {_setup.Options.SilenceMilliseconds} ms (VitGrid:Cluster:PeerSilenceMilliseconds)"));
        else if (beat == Beat.Ping)
            _queue.TryAddAlone(new(OwnKinds.Ping, default, default));
    }

    /// <summary>Ends the link, once; tells how it ended.</summary>
    private LinkEnd End(LinkEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is { } before)
            return before;
        // The queue first: whoever knows that the link has ended must find it shut.
        _queue.Fail(end);
        _timer.Dispose();
        _connection.Dispose();
        _ended.SetResult(end);
        Tell(end);
        return end;
    }

    /// <summary>What befalls the grid's own links is told each time, of others once a second.</summary>
    private void Tell(LinkEnd end)
    {
        if (!end.IsBreak)
            LogEnded(LogLevel.Debug, Peer.Node, end.Reason, end.Message);
        else if (IsKnown)
            LogEnded(LogLevel.Warning, Peer.Node, end.Reason, end.Message);
        else if (_setup.Breaks.Add() is { } breaks)
            LogBroke(breaks, Peer.Node, end.Reason, end.Message);
    }

    private bool TryClaimReader() => Interlocked.Exchange(ref _reading, 1) == 0;

    private void FreeReader() => Volatile.Write(ref _reading, 0);

    private void Check(ushort kind, int head, int body)
    {
        if (kind >= OwnKinds.First)
            throw new ArgumentException($"kind {kind} is the transport's own; use one below {OwnKinds.First}", nameof(kind));
        DataPlaneOptions limits = _setup.Options.Limits;
        if (head > limits.MaxHeadBytes)
            throw new ArgumentException(
                $"the head has {head} bytes; allowed are {limits.MaxHeadBytes} (VitGrid:DataPlane:MaxHeadBytes)", nameof(head));
        if (body > limits.MaxBodyBytes)
            throw new ArgumentException(
                $"the body has {body} bytes; allowed are {limits.MaxBodyBytes} (VitGrid:DataPlane:MaxBodyBytes)", nameof(body));
    }

    [LoggerMessage(EventId = 1013, Message = "Link to {Node} ended, {Reason}: {Message}")]
    private partial void LogEnded(LogLevel level, string node, LinkEndReason reason, string message);

    [LoggerMessage(1014, LogLevel.Warning,
        "{Count} links of others than workers broke since this was last said, the last one of {Node}, {Reason}: {Message}")]
    private partial void LogBroke(int count, string node, LinkEndReason reason, string message);

    [LoggerMessage(1011, LogLevel.Error,
        "The handler of a frame of kind {Kind} from {Node} failed ({Count} failures since this was last said)")]
    private partial void LogHandlerFailed(Exception failure, string node, ushort kind, int count);

    [LoggerMessage(1012, LogLevel.Warning,
        "Link to {Node} closed before all was handed over: it took more than {Milliseconds} ms (VitGrid:DataPlane:CloseMilliseconds)")]
    private partial void LogCutShort(string node, int milliseconds);
}
