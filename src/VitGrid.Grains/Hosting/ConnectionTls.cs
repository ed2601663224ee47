using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using VitGrid.Grains.Options;
using VitGrid.Grains.Transport;

namespace VitGrid.Grains.Hosting;

/// <summary>
/// Mutual TLS for Orleans' own connections, silo to silo and client to gateway, with the data plane's certificates and by its rules: both
/// sides show a certificate of the authority, and names are not compared. New connections use the files as they are then.
/// </summary>
internal static class ConnectionTls
{
    /// <summary>Nobody connects to this silo in plaintext, and it connects to nobody so; without <paramref name="tls"/> nothing changes.</summary>
    public static ISiloBuilder UseTls(this ISiloBuilder silo, TlsOptions? tls)
    {
        if (tls is null)
            return silo;
        silo.Services.AddHandshakes(tls);
        return silo.Configure<SiloConnectionOptions>(connections =>
        {
            connections.ConfigureSiloOutboundConnection(Opened);
            connections.ConfigureSiloInboundConnection(Accepted);
            connections.ConfigureGatewayInboundConnection(Accepted);
        });
    }

    /// <summary>The same for a client's connections to gateways.</summary>
    public static IClientBuilder UseTls(this IClientBuilder client, TlsOptions? tls)
    {
        if (tls is null)
            return client;
        client.Services.AddHandshakes(tls);
        return client.Configure<ClientConnectionOptions>(connections => connections.ConfigureConnection(Opened));
    }

    private static void AddHandshakes(this IServiceCollection services, TlsOptions tls)
    {
        services.TryAddSingleton(provider => new TlsRotation(tls.Files, provider.GetRequiredService<ILogger<TlsRotation>>()));
        services.TryAddSingleton<TlsHandshakes>();
    }

    private static void Opened(IConnectionBuilder connection)
    {
        TlsHandshakes handshakes = connection.ApplicationServices.GetRequiredService<TlsHandshakes>();
        connection.Use(next => context => handshakes.RunAsync(context, handshakes.OpenAsync, next));
    }

    private static void Accepted(IConnectionBuilder connection)
    {
        TlsHandshakes handshakes = connection.ApplicationServices.GetRequiredService<TlsHandshakes>();
        connection.Use(next => context => handshakes.RunAsync(context, handshakes.AcceptAsync, next));
    }
}

/// <summary>Puts TLS between a connection's transport and whoever uses it.</summary>
internal sealed partial class TlsHandshakes(TlsRotation certificates, ILogger<TlsHandshakes> logger)
{
    /// <summary>A peer that does not get this far in time is no member, or the network is not fit for a grid.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>The side that connected.</summary>
    public Task OpenAsync(ConnectionContext context, SslStream secure, CancellationToken limit) =>
        secure.AuthenticateAsClientAsync(certificates.Current.ForClient(context.RemoteEndPoint?.ToString() ?? ""), limit);

    /// <summary>The side that was connected to.</summary>
    public Task AcceptAsync(ConnectionContext context, SslStream secure, CancellationToken limit) =>
        secure.AuthenticateAsServerAsync(certificates.Current.ForServer(), limit);

    /// <summary>Shakes hands, then lets <paramref name="next"/> talk over the secured transport; the plain one stays the connection's to close.</summary>
    public async Task RunAsync(ConnectionContext context, Func<ConnectionContext, SslStream, CancellationToken, Task> shakeHands, ConnectionDelegate next)
    {
        IDuplexPipe plain = context.Transport;
        await using SslStream secure = new(new PipeStream(plain));
        await ShakeHandsAsync(context, secure, shakeHands);
        PipeReader input = PipeReader.Create(secure, new(leaveOpen: true));
        PipeWriter output = PipeWriter.Create(secure, new(leaveOpen: true));
        try
        {
            context.Transport = new Secured(input, output);
            await next(context);
        }
        finally
        {
            context.Transport = plain;
            await input.CompleteAsync();
            await output.CompleteAsync();
        }
    }

    private async Task ShakeHandsAsync(ConnectionContext context, SslStream secure, Func<ConnectionContext, SslStream, CancellationToken, Task> shakeHands)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed);
        limit.CancelAfter(Limit);
        try
        {
            await shakeHands(context, secure, limit.Token);
        }
        catch (Exception failure)
        {
            LogNoHandshake(context.RemoteEndPoint, failure.Message);
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "No TLS with {Peer}, the connection is closed: {Reason}")]
    private partial void LogNoHandshake(System.Net.EndPoint? peer, string reason);

    private sealed record Secured(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
