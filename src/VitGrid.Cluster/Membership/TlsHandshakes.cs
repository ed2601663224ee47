using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
using VitGrid.Transport;

namespace VitGrid.Cluster.Membership;

/// <summary>Puts TLS between a connection's transport and whoever uses it.</summary>
internal sealed partial class TlsHandshakes(TlsRotation certificates, ILogger<TlsHandshakes> logger)
{
    /// <summary>A peer that does not get this far in time is no member, or the network is not fit for a grid.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly ThrottledCount _refused = new(TimeSpan.FromSeconds(1));

    /// <summary>The side that connected.</summary>
    public Task OpenAsync(ConnectionContext context, SslStream secure, CancellationToken limit) =>
        secure.AuthenticateAsClientAsync(
            certificates.Current.ForClient((context.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? ""), limit);

    /// <summary>A silo that another silo has connected to: a front end's certificate does not do.</summary>
    public Task AcceptSiloAsync(ConnectionContext context, SslStream secure, CancellationToken limit) =>
        secure.AuthenticateAsServerAsync(certificates.Current.ForServer(workersOnly: true), limit);

    /// <summary>A gateway that a front end, or a silo, has connected to.</summary>
    public Task AcceptClientAsync(ConnectionContext context, SslStream secure, CancellationToken limit) =>
        secure.AuthenticateAsServerAsync(certificates.Current.ForServer(), limit);

    /// <summary>
    /// Shakes hands, then lets <paramref name="next"/> talk over the secured transport, with a front end by way of
    /// <paramref name="frontEnds"/> where there is one; the plain transport stays the connection's to close.
    /// </summary>
    public async Task RunAsync(
        ConnectionContext context, Func<ConnectionContext, SslStream, CancellationToken, Task> shakeHands, ConnectionDelegate next,
        FrontEndRelay? frontEnds = null)
    {
        IDuplexPipe plain = context.Transport;
        await using SslStream secure = new(new PipeStream(plain));
        await ShakeHandsAsync(context, secure, shakeHands);
        PipeReader input = PipeReader.Create(secure, new(leaveOpen: true));
        PipeWriter output = PipeWriter.Create(secure, new(leaveOpen: true));
        try
        {
            DuplexPipe secured = new(input, output);
            context.Transport = secured;
            await (frontEnds is not null && CertificateRole.IsFrontEnd(secure.RemoteCertificate)
                ? frontEnds.RunAsync(context, secured, next) : next(context));
        }
        finally
        {
            context.Transport = plain;
            await input.CompleteAsync();
            await output.CompleteAsync();
        }
    }

    private async Task ShakeHandsAsync(
        ConnectionContext context, SslStream secure, Func<ConnectionContext, SslStream, CancellationToken, Task> shakeHands)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed);
        limit.CancelAfter(Limit);
        try
        {
            await shakeHands(context, secure, limit.Token);
        }
        catch (OperationCanceledException) when (context.ConnectionClosed.IsCancellationRequested)
        {
            LogGone(context.RemoteEndPoint);
            throw;
        }
        catch (Exception exception)
        {
            if (_refused.Add(TimeProvider.System.Now()) is { } count)
                LogNoHandshake(context.RemoteEndPoint, exception is OperationCanceledException
                    ? $"no handshake within {Limit.TotalSeconds:0} s"
                    : PeerText.Escape(exception.Message), count);
            throw;
        }
    }

    [LoggerMessage(5071, LogLevel.Warning,
        "No TLS with {Peer}, the connection is closed: {Reason} ({Count} such connections since this was last said)")]
    private partial void LogNoHandshake(EndPoint? peer, string reason, int count);

    [LoggerMessage(5072, LogLevel.Debug, "{Peer} ended the connection before the TLS handshake was over")]
    private partial void LogGone(EndPoint? peer);
}
