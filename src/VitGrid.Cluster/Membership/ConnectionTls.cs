using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using VitGrid.Cluster.Options;
using VitGrid.Engine.Options;
using VitGrid.Transport;

namespace VitGrid.Cluster.Membership;

/// <summary>
/// Mutual TLS for Orleans' own connections, silo to silo and client to gateway, with the data plane's certificates and by its rules: both
/// sides show a certificate of the authority, and names are not compared. A front end's certificate opens gateways and no silo, and asks
/// there what front ends ask (<see cref="FrontEndCalls"/>). New connections use the files as they are then.
/// </summary>
internal static class ConnectionTls
{
    /// <summary>
    /// Nobody connects to this silo in plaintext, and it connects to nobody so; without <paramref name="tls"/> nothing changes.
    /// </summary>
    public static ISiloBuilder UseTls(this ISiloBuilder silo, TlsOptions? tls)
    {
        if (tls is null)
            return silo;
        silo.Services.AddHandshakes(tls);
        return silo.Configure<SiloConnectionOptions>(connections =>
        {
            connections.ConfigureSiloOutboundConnection(Opened);
            connections.ConfigureSiloInboundConnection(AcceptedSilo);
            connections.ConfigureGatewayInboundConnection(AcceptedClient);
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
        services.TryAddSingleton(provider => new TlsRotation(tls.Files(), provider.GetRequiredService<ILogger<TlsRotation>>()));
        services.TryAddSingleton<TlsHandshakes>();
        services.TryAddSingleton<FrontEndRelay>();
    }

    private static void Opened(IConnectionBuilder connection)
    {
        TlsHandshakes handshakes = connection.ApplicationServices.GetRequiredService<TlsHandshakes>();
        connection.Use(next => context => handshakes.RunAsync(context, handshakes.OpenAsync, next));
    }

    private static void AcceptedSilo(IConnectionBuilder connection)
    {
        TlsHandshakes handshakes = connection.ApplicationServices.GetRequiredService<TlsHandshakes>();
        connection.Use(next => context => handshakes.RunAsync(context, handshakes.AcceptSiloAsync, next));
    }

    private static void AcceptedClient(IConnectionBuilder connection)
    {
        TlsHandshakes handshakes = connection.ApplicationServices.GetRequiredService<TlsHandshakes>();
        FrontEndRelay frontEnds = connection.ApplicationServices.GetRequiredService<FrontEndRelay>();
        connection.Use(next => context => handshakes.RunAsync(context, handshakes.AcceptClientAsync, next, frontEnds));
    }
}
