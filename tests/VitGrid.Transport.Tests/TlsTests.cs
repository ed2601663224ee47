using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace VitGrid.Transport.Tests;

/// <summary>With certificates, members of one authority connect and nobody else.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestAuthority _ours = new();
    private readonly TestAuthority _others = new();

    [Theory]
    [InlineData("member", true)]
    [InlineData("of another authority", false)]
    [InlineData("trusting us, signed by another", false)]
    [InlineData("plain", false)]
    public async Task Only_members_of_the_same_authority_connect(string caller, bool allowed)
    {
        await using PlanePair pair = new();
        await using DataPlane server = Start(pair, _ours.Issue("server"));
        await using DataPlane client = Start(pair, Certificates(caller));
        await AssertAsync(pair, client, server, allowed);
        // The other way round, the same.
        await AssertAsync(pair, server, client, allowed);
    }

    [Fact]
    public async Task A_front_ends_certificate_lets_it_connect_as_one_and_not_be_connected_to()
    {
        await using PlanePair pair = new();
        TaskCompletionSource<Link> accepted = new();
        await using DataPlane worker = pair.Start(
            Plane(_ours.Issue("worker")) with { Rules = new() { IsKnown = _ => true } }, new("grid", "worker", 1), link =>
            {
                accepted.TrySetResult(link);
                return pair.KeepAsync;
            });
        DataPlaneTls door = _ours.Issue("door", CertificateRole.FrontEndName);
        await using DataPlane frontEnd = pair.Start(Plane(door) with { Listens = false }, new("grid", "door", 1), _ => pair.KeepAsync);
        await using Link link = await frontEnd.ConnectAsync(worker.Endpoint, 1, pair.KeepAsync, default);
        Assert.True(link.IsKnown);
        // Whatever name it gives.
        Link seen = await accepted.Task;
        Assert.Equal((true, false), (seen.IsFrontEnd, seen.IsKnown));
        DataPlaneException refused = Assert.Throws<DataPlaneException>(
            () => pair.Start(Plane(door), new("grid", "false", 1), _ => pair.KeepAsync));
        Assert.Contains("a front end's: it names front-end.vitgrid", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_takes_a_front_ends_certificate_for_a_workers()
    {
        await using PlanePair pair = new();
        using TlsCertificates door = TlsCertificates.Read(_ours.Issue("door", CertificateRole.FrontEndName));
        using Socket listener = Sockets.Listen(Sockets.Tcp(AddressFamily.InterNetwork), new IPEndPoint(IPAddress.Loopback, 0));
        await using DataPlane worker = Start(pair, _ours.Issue("worker"));
        Task<PeerConnectException> failing = ConnectTests.FailAsync(worker, At(listener), expected: 1);
        await using SslStream played = new(new NetworkStream(await listener.AcceptAsync(), ownsSocket: true));
        await Record.ExceptionAsync(() => played.AuthenticateAsServerAsync(door.ForServer()));
        Assert.Equal(ConnectFailure.Untrusted, (await failing).Failure);
    }

    [Fact]
    public async Task New_links_use_certificates_that_were_exchanged_on_disk()
    {
        await using PlanePair pair = new();
        DataPlaneTls files = _others.Issue("rotating");
        await using DataPlane server = Start(pair, _ours.Issue("server"));
        await using DataPlane client = Start(pair, files);
        await AssertAsync(pair, client, server, allowed: false);
        DataPlaneTls renewed = _ours.Issue("renewed");
        Replace(renewed.Key, files.Key);
        Replace(renewed.Certificate, files.Certificate);
        Replace(renewed.Authority, files.Authority);
        await AssertAsync(pair, client, server, allowed: true);
    }

    [Fact]
    public void Contents_that_changed_are_seen_though_times_and_lengths_did_not()
    {
        DataPlaneTls files = _ours.Issue("same"), renewed = _ours.Issue("renewed");
        DateTime then = File.GetLastWriteTimeUtc(files.Certificate);
        TlsRotation rotation = new(files, NullLogger.Instance);
        TlsCertificates before = rotation.Current;
        Assert.Same(before, rotation.Current);
        File.Copy(renewed.Certificate, files.Certificate, overwrite: true);
        File.Copy(renewed.Key, files.Key, overwrite: true);
        File.SetLastWriteTimeUtc(files.Certificate, then);
        File.SetLastWriteTimeUtc(files.Key, then);
        Assert.NotSame(before, rotation.Current);
    }

    [Fact]
    public async Task Damaged_new_certificates_leave_the_earlier_ones_in_use()
    {
        await using PlanePair pair = new();
        DataPlaneTls files = _ours.Issue("damaged");
        await using DataPlane server = Start(pair, _ours.Issue("server"));
        await using DataPlane client = Start(pair, files);
        await File.WriteAllTextAsync(files.Certificate, "nothing");
        File.SetLastWriteTimeUtc(files.Certificate, DateTime.UtcNow.AddMinutes(1));
        await AssertAsync(pair, client, server, allowed: true);
    }

    [Fact]
    public void Missing_files_are_all_named()
    {
        IReadOnlyList<string> faults =
            new DataPlaneConfiguration { Tls = new("/no/certificate.pem", "/no/key.pem", _ours.AuthorityFile) }.Faults();
        Assert.Equal(
            ["VitGrid:Cluster:Tls:Certificate is '/no/certificate.pem'; there is no such file",
                "VitGrid:Cluster:Tls:Key is '/no/key.pem'; there is no such file"], faults);
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_named_with_the_reason()
    {
        DataPlaneTls good = _ours.Issue("good");
        string[] faults =
        [
            Assert.Single(new DataPlaneConfiguration { Tls = good with { Authority = _others.AuthorityFile } }.Faults()),
            Assert.Single(new DataPlaneConfiguration { Tls = good with { Key = _ours.Issue("other").Key } }.Faults()),
            Assert.Single(new DataPlaneConfiguration { Tls = good with { Authority = good.Key } }.Faults()),
        ];
        Assert.Contains($"'{good.Certificate}' is not signed by an authority in '{_others.AuthorityFile}'", faults[0],
            StringComparison.Ordinal);
        Assert.Contains($"Key '{_ours.Issue("other").Key}'", faults[1], StringComparison.Ordinal);
        Assert.Contains($"'{good.Key}' holds no PEM certificate", faults[2], StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _ours.Dispose();
        _others.Dispose();
    }

    private DataPlaneTls? Certificates(string caller) => caller switch
    {
        "member" => _ours.Issue(caller),
        "plain" => null,
        "of another authority" => _others.Issue("other"),
        _ => Bundle(_others.Issue("both")),
    };

    // Trusts both authorities, so that only the other side can object.
    private DataPlaneTls Bundle(DataPlaneTls files)
    {
        string bundle = files.Authority + ".bundle";
        File.WriteAllText(bundle, File.ReadAllText(files.Authority) + "\n" + File.ReadAllText(_ours.AuthorityFile));
        return files with { Authority = bundle };
    }

    private static DataPlane Start(PlanePair pair, DataPlaneTls? tls) =>
        pair.Start(Plane(tls), new("grid", "node", 1), _ => pair.KeepAsync);

    private static DataPlaneConfiguration Plane(DataPlaneTls? tls) => new() { UnixSocket = false, Limits = PlanePair.Patient, Tls = tls };

    private static async Task AssertAsync(PlanePair pair, DataPlane from, DataPlane to, bool allowed)
    {
        if (allowed)
        {
            await using Link link = await from.ConnectAsync(to.Endpoint, 1, pair.KeepAsync, default);
            await link.SendAsync(3, default, default);
            Assert.Equal(3, (await pair.TakeAsync(1))[0].Kind);
        }
        else
        {
            PeerConnectException refused = await ConnectTests.FailAsync(from, to.Endpoint, expected: 1);
            Assert.True(
                refused.Failure is ConnectFailure.Untrusted or ConnectFailure.Protocol or ConnectFailure.HandshakeEnded, refused.Message);
        }
    }

    private static NodeEndpoint At(Socket listener) => new("127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port, null, "");

    private static void Replace(string from, string to)
    {
        File.Copy(from, to, overwrite: true);
        File.SetLastWriteTimeUtc(to, DateTime.UtcNow.AddMinutes(1));
    }
}
