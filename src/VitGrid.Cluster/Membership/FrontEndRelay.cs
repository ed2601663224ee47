using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Orleans.Serialization.Session;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
using VitGrid.Transport;

namespace VitGrid.Cluster.Membership;

/// <summary>
/// Stands between a front end's connection and the gateway: what <see cref="FrontEndCalls"/> allows passes, anything else ends the
/// connection.
/// </summary>
internal sealed partial class FrontEndRelay(SerializerSessionPool sessions, ILogger<FrontEndRelay> logger)
{
    private readonly FrontEndCalls _calls = new(sessions);
    private readonly ThrottledCount _refused = new(TimeSpan.FromSeconds(1));

    /// <summary>Lets <paramref name="next"/> hear what is allowed of what comes over <paramref name="secured"/>.</summary>
    public async Task RunAsync(ConnectionContext context, IDuplexPipe secured, ConnectionDelegate next)
    {
        Pipe allowed = new();
        Task relay = RelayAsync(context.RemoteEndPoint, secured.Input, allowed.Writer);
        try
        {
            context.Transport = new DuplexPipe(allowed.Reader, secured.Output);
            await next(context);
        }
        finally
        {
            await allowed.Reader.CompleteAsync();
            secured.Input.CancelPendingRead();
            await relay;
        }
    }

    private async Task RelayAsync(EndPoint? peer, PipeReader from, PipeWriter to)
    {
        Exception? end = null;
        try
        {
            await RelayAsync(from, to);
        }
        catch (IOException exception)
        {
            end = exception;
        }
        catch (Exception exception)
        {
            // Whatever a reader of Orleans' makes of bytes that it cannot read.
            end = new IOException("a front end's certificate does not allow this", exception);
            if (_refused.Add(TimeProvider.System.Now()) is { } count)
                LogRefused(peer, PeerText.Escape(exception.Message), count);
        }
        await to.CompleteAsync(end);
    }

    private async Task RelayAsync(PipeReader from, PipeWriter to)
    {
        byte[]? greeting = null;
        while (true)
        {
            ReadResult read = await from.ReadAsync();
            ReadOnlySequence<byte> left = read.Buffer;
            while (Length(left, greeting) is { } length)
            {
                greeting = Judge(left.Slice(0, length), greeting);
                foreach (ReadOnlyMemory<byte> piece in left.Slice(0, length))
                    to.Write(piece.Span);
                left = left.Slice(length);
            }
            from.AdvanceTo(left.Start, left.End);
            FlushResult flushed = await to.FlushAsync();
            if (read.IsCompleted || read.IsCanceled || flushed.IsCompleted)
                return;
        }
    }

    private static long? Length(ReadOnlySequence<byte> left, byte[]? greeting) =>
        greeting is null ? FrontEndCalls.GreetingLength(left) : FrontEndCalls.MessageLength(left);

    /// <summary>The client's greeting, once it has come.</summary>
    private byte[] Judge(ReadOnlySequence<byte> whole, byte[]? greeting)
    {
        if (greeting is null)
        {
            greeting = whole.ToArray();
            FrontEndCalls.JudgeGreeting(greeting);
        }
        else
        {
            _calls.Judge(whole, greeting);
        }
        return greeting;
    }

    [LoggerMessage(5241, LogLevel.Warning,
        "{Peer} has a front end's certificate and sent a gateway what front ends may not send ({What}); its connection is closed "
        + "({Count} such connections since this was last said)")]
    private partial void LogRefused(EndPoint? peer, string what, int count);
}

/// <summary>Two ends of a connection.</summary>
internal sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
