using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Administration;
using VitGrid.Cluster.Contracts;
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
        Assert.True(await IsFrontEndTurnedAwayAsync(silo.SiloAddress.Endpoint).WaitAsync(Waits.Limit), "a front end's opens a silo");
        Assert.Equal(2, await WorkersAsync(redis, Tls(_ours, "other door", CertificateRole.FrontEndName)));

        Assert.Equal(expected, await ClusterHosts.EmbedAsync(door, 1, CacheUse.Bypass));
        Assert.Equal(2, await WorkersAsync(redis, Tls(_ours, "operator")));
        await Task.WhenAll(door.StopAsync(), first.StopAsync(), second.StopAsync()).WaitAsync(Waits.Limit);
    }

    [RedisFact]
    public async Task A_front_ends_certificate_asks_gateways_what_front_ends_ask_and_no_more()
    {
        using RedisServer redis = await RedisServer.StartAsync();
        SignalledLog log = new("front ends may not send");
        using IHost worker = ClusterHosts.Worker(
            ClusterHosts.Cluster(redis, Tls(_ours, "worker")), services => services.AddSingleton<ILoggerProvider>(log));
        using IHost door = ClusterHosts.FrontEnd(ClusterHosts.Cluster(redis, Tls(_ours, "door", CertificateRole.FrontEndName)));
        await Task.WhenAll(worker.StartAsync(), door.StartAsync()).WaitAsync(Waits.Limit);
        float[] expected = await ClusterHosts.EmbedAsync(door, 1);
        Assert.False(log.Said.IsCompleted, "a front end that does what front ends do was refused");
        string node = worker.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString();

        Task<bool> drained = door.Services.GetRequiredService<IClusterClient>().GetGrain<IPlannerGrain>(0).DrainAsync(node);
        string refusal = await log.Said.WaitAsync(Waits.Limit);
        Assert.Contains("a call of ", refusal, StringComparison.Ordinal);
        Assert.False(drained.IsCompletedSuccessfully, "a front end drained a worker");
        _ = drained.ContinueWith(_ => { }, TaskScheduler.Default);

        Assert.Equal(expected, await ClusterHosts.EmbedAsync(door, 1, CacheUse.Bypass));
        await using (GridAdministration frontEnd = await ConnectAsync(
            redis, Tls(_ours, "other door", CertificateRole.FrontEndName), Waits.Limit))
        {
            GridConfigurationException told = await Assert.ThrowsAsync<GridConfigurationException>(() => frontEnd.DrainAsync(node));
            Assert.Contains(CertificateRole.FrontEndName, told.Message, StringComparison.Ordinal);
            told = await Assert.ThrowsAsync<GridConfigurationException>(frontEnd.ExamineAsync);
            Assert.Contains(CertificateRole.FrontEndName, told.Message, StringComparison.Ordinal);
        }
        await using (GridAdministration operators = await ConnectAsync(redis, Tls(_ours, "operator"), Waits.Limit))
        {
            Assert.False(await operators.DrainAsync("nobody"));
            AssertExamined(await operators.ExamineAsync(), node);
        }
        await Task.WhenAll(door.StopAsync(), worker.StopAsync()).WaitAsync(Waits.Limit);
    }

    /// <summary>A worker says its version, clock, certificates' ends and disks, and its replica gives a vector.</summary>
    private static void AssertExamined(GridExamination examined, string node)
    {
        ExaminedProcess process = Assert.Single(examined.Processes);
        Assert.Equal((node, null), (process.Node, process.Problem));
        Assert.NotEmpty(process.Version);
        Assert.True(process.Ahead!.Value.Duration() <= process.Took, "two clocks of one machine differ");
        Assert.Equal(["VitGrid:Cluster:Tls:Certificate", "VitGrid:Cluster:Tls:Authority"], process.Certificates.Select(
            certificate => certificate.Setting));
        Assert.All(process.Certificates, certificate => Assert.InRange(
            certificate.Ends!.Value - DateTimeOffset.UtcNow, TimeSpan.FromHours(1), TimeSpan.FromDays(2)));
        Assert.All(process.Disks, disk => Assert.True(disk.FreeBytes > 0, disk.Folder));
        Assert.Contains("weights", process.Disks.Select(disk => disk.Purpose));
        ExaminedReplica replica = Assert.Single(examined.Replicas);
        Assert.Equal($"{node}/cpu:0", replica.Devices);
        Assert.Null(replica.Problem);
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
        return await IsEndedAsync(stream, door.ForClient("silo"));
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
