using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Administration;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>A grid whose processes show certificates: members of one authority get in, nobody else does.</summary>
public sealed class SecuredGridTests : IDisposable
{
    private readonly TestAuthority _ours = new();
    private readonly TestAuthority _others = new();

    [RedisFact]
    public async Task Members_of_one_authority_are_a_grid_and_strangers_stay_outside_while_it_goes_on()
    {
        using RedisServer redis = await RedisServer.StartAsync();
        using IHost first = Worker(redis, Tls(_ours, "first")), second = Worker(redis, Tls(_ours, "second"));
        using IHost door = ClusterHosts.FrontEnd(ClusterHosts.Cluster(redis, Tls(_ours, "door", CertificateRole.FrontEndName)));
        await Task.WhenAll(first.StartAsync(), second.StartAsync(), door.StartAsync()).WaitAsync(Waits.Limit);
        float[] expected = await ClusterHosts.EmbedAsync(door, 1);
        Assert.Equal(2, await WorkersAsync(redis, Tls(_ours, "operator")));

        await AssertStrangerAsync(redis, null);
        await AssertStrangerAsync(redis, Tls(_others, "stranger"));
        ILocalSiloDetails silo = first.Services.GetRequiredService<ILocalSiloDetails>();
        await AssertCertificateIsAskedAsync(silo.SiloAddress.Endpoint);
        await AssertCertificateIsAskedAsync(silo.GatewayAddress!.Endpoint);
        Assert.True(await IsFrontEndTurnedAwayAsync(silo.SiloAddress.Endpoint), "a front end's certificate opens a silo");
        Assert.False(await IsFrontEndTurnedAwayAsync(silo.GatewayAddress!.Endpoint), "a front end's certificate opens no gateway");

        Assert.Equal(expected, await ClusterHosts.EmbedAsync(door, 1, CacheUse.Bypass));
        Assert.Equal(2, await WorkersAsync(redis, Tls(_ours, "operator")));
        await Task.WhenAll(door.StopAsync(), first.StopAsync(), second.StopAsync()).WaitAsync(Waits.Limit);
    }

    public void Dispose()
    {
        _ours.Dispose();
        _others.Dispose();
    }

    private static async Task AssertStrangerAsync(RedisServer redis, TlsOptions? tls)
    {
        GridConfigurationException refused = await Assert.ThrowsAsync<GridConfigurationException>(
            () => ConnectAsync(redis, tls, TimeSpan.FromSeconds(3)));
        Assert.Contains("no worker of grid 'vitgrid' answers", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A member's handshake succeeds; after that of one without a certificate, or with another's, the connection ends.</summary>
    private async Task AssertCertificateIsAskedAsync(IPEndPoint port)
    {
        using TlsCertificates ours = TlsCertificates.Read(_ours.Issue("caller")), others = TlsCertificates.Read(_others.Issue("caller"));
        await using SslStream member = await ConnectAsync(port);
        await member.AuthenticateAsClientAsync(ours.ForClient("silo")).WaitAsync(Waits.Limit);
        foreach (SslClientAuthenticationOptions stranger in new[] { others.ForClient("silo"), new() { TargetHost = "silo" } })
        {
            stranger.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
            await using SslStream outside = await ConnectAsync(port);
            Assert.True(await IsEndedAsync(outside, stranger).WaitAsync(Waits.Limit), $"{port} goes on with a stranger");
        }
    }

    private async Task<bool> IsFrontEndTurnedAwayAsync(IPEndPoint port)
    {
        using TlsCertificates door = TlsCertificates.Read(_ours.Issue("other door", CertificateRole.FrontEndName));
        await using SslStream stream = await ConnectAsync(port);
        Task<bool> ended = IsEndedAsync(stream, door.ForClient("silo"));
        // Who is let in hears nothing until it has said something; the end of a handshake that fails comes at once.
        return await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(3))) == ended && await ended;
    }

    private static async Task<SslStream> ConnectAsync(IPEndPoint port)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(port);
        return new(new NetworkStream(socket, ownsSocket: true));
    }

    private static async Task<bool> IsEndedAsync(SslStream outside, SslClientAuthenticationOptions stranger)
    {
        try
        {
            // In TLS 1.3 the server judges after the client's handshake is over.
            await outside.AuthenticateAsClientAsync(stranger);
            return await outside.ReadAsync(new byte[1]) == 0;
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            return true;
        }
    }

    private static async Task<int> WorkersAsync(RedisServer redis, TlsOptions tls)
    {
        await using GridAdministration grid = await ConnectAsync(redis, tls, Waits.Limit);
        return (await grid.StatusAsync()).Nodes.Count;
    }

    private static Task<GridAdministration> ConnectAsync(RedisServer redis, TlsOptions? tls, TimeSpan timeout) =>
        GridAdministration.ConnectAsync(
            ClusterHosts.Cluster(redis, tls), timeout, logging => logging.ClearProviders(), CancellationToken.None);

    private static IHost Worker(RedisServer redis, TlsOptions tls) => ClusterHosts.Worker(ClusterHosts.Cluster(redis, tls));

    private static TlsOptions Tls(TestAuthority authority, string name, params string[] dnsNames)
    {
        DataPlaneTls files = authority.Issue(name, dnsNames);
        return new() { Certificate = files.Certificate, Key = files.Key, Authority = files.Authority };
    }
}
