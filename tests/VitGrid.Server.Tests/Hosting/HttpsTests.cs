using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Testing;
using VitGrid.Transport;

namespace VitGrid.Server.Tests.Hosting;

/// <summary>HTTPS on the HTTP port, with certificates that are exchanged while it runs.</summary>
public sealed class HttpsTests : IDisposable
{
    private const string Address = "https://127.0.0.1:0";

    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _others = new();
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Both_versions_of_http_are_spoken_over_tls(string version)
    {
        DataPlaneTls files = _authority.Issue("door");
        await using TestApi door = await TestApi.OpenAsync(Options(files), url: Address);
        (string serial, HttpResponseMessage answer) = await AskAsync(door, Version.Parse(version));
        Assert.Equal((HttpStatusCode.OK, Version.Parse(version)), (answer.StatusCode, answer.Version));
        Assert.Equal(SerialOf(files.Certificate), serial);
    }

    /// <summary>As Kubernetes renews a mounted secret: a link to a new folder, whose files have the times of the old ones.</summary>
    [Fact]
    public async Task A_link_that_is_swapped_twice_is_followed_and_open_connections_go_on()
    {
        DataPlaneTls first = Mount("1"), mounted = Mounted(first);
        FakeTimeProvider time = new();
        await using TestApi door = await TestApi.OpenAsync(Options(mounted), services: services => At(services, time), url: Address);
        using HttpClient open = Client(new());
        Assert.Equal(SerialOf(first.Certificate), (await AskAsync(door)).Serial);
        await open.GetAsync(new Uri(new Uri(door.App.Urls.Single()), "/health/live"));
        foreach (string name in (string[])["2", "3"])
        {
            DataPlaneTls next = Mount(name);
            string serial = SerialOf(next.Certificate);
            Swap(next);
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(serial, (await AskAsync(door)).Serial);
            Assert.Equal(HttpStatusCode.OK, (await open.GetAsync(new Uri(new Uri(door.App.Urls.Single()), "/health/live"))).StatusCode);
        }
    }

    [Fact]
    public async Task A_certificate_whose_key_comes_later_and_broken_files_leave_the_old_one_in_use()
    {
        DataPlaneTls used = _authority.Issue("used"), renewed = _authority.Issue("renewed");
        string old = SerialOf(used.Certificate);
        FakeTimeProvider time = new();
        await using TestApi door = await TestApi.OpenAsync(Options(used), services: services => At(services, time), url: Address);
        foreach (Action change in (Action[])
            [
                () => File.Copy(renewed.Certificate, used.Certificate, overwrite: true),
                () => File.WriteAllText(used.Certificate, "broken"),
                () => File.Delete(used.Certificate),
            ])
        {
            change();
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(old, (await AskAsync(door)).Serial);
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(old, (await AskAsync(door)).Serial);
        }
        Assert.Equal(3, door.Logs.Lines.Count(line => line.Level == LogLevel.Error));
        File.Copy(renewed.Certificate, used.Certificate);
        File.Copy(renewed.Key, used.Key, overwrite: true);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(SerialOf(renewed.Certificate), (await AskAsync(door)).Serial);
    }

    [Theory]
    [InlineData("None", "", true)]
    [InlineData("Allow", "", true)]
    [InlineData("Allow", "ours", true)]
    [InlineData("Allow", "theirs", false)]
    [InlineData("Require", "", false)]
    [InlineData("Require", "ours", true)]
    [InlineData("Require", "theirs", false)]
    public async Task Clients_show_certificates_as_they_are_asked(string asked, string shown, bool comesIn)
    {
        ServerOptions options = Options(_authority.Issue("door"));
        await using TestApi door = await TestApi.OpenAsync(
            options with
            {
                Http = options.Http with
                {
                    ClientCertificates = Enum.Parse<ClientCertificates>(asked),
                    ClientAuthority = _authority.AuthorityFile,
                },
            }, url: Address);
        DataPlaneTls? files = shown switch
        {
            "ours" => _authority.Issue("client"),
            "theirs" => _others.Issue("client"),
            _ => null,
        };
        using X509Certificate2? certificate = files is null ? null : X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        Exception? refused = await Record.ExceptionAsync(() => AskAsync(door, certificate: certificate));
        Assert.True(comesIn ? refused is null : refused is HttpRequestException or AuthenticationException, refused?.ToString());
    }

    [Fact]
    public async Task A_key_with_a_password_opens_with_the_file_of_it_and_a_wrong_one_stops_the_start_without_being_told()
    {
        DataPlaneTls files = _authority.Issue("door");
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(files.Key));
        await File.WriteAllTextAsync(files.Key, key.ExportEncryptedPkcs8PrivateKeyPem(
            "open-sesame", new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10_000)));
        string password = _folder.At("password");
        await File.WriteAllTextAsync(password, "open-sesame\n");
        ServerOptions options = Options(files);
        await using TestApi door = await TestApi.OpenAsync(
            options with { Http = options.Http with { CertificatePasswordFile = password } }, url: Address);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(door)).Answer.StatusCode);

        OptionsException refused = await Assert.ThrowsAsync<OptionsException>(() => TestApi.OpenAsync(
            options with { Http = options.Http with { CertificatePassword = "wrong-secret" } }, url: Address));
        Assert.Contains($"CertificateKey '{files.Key}'", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", false)]
    [InlineData("http://localhost:0", false)]
    [InlineData("http://0.0.0.0:0", true)]
    [InlineData("http://[::]:0", true)]
    public void Plaintext_is_warned_of_beyond_loopback(string url, bool isWarned) =>
        Assert.Equal(isWarned, StartLog.IsPlaintextBeyondLoopback(url));

    public void Dispose()
    {
        _authority.Dispose();
        _others.Dispose();
        _folder.Dispose();
    }

    private static ServerOptions Options(DataPlaneTls files) =>
        new() { Http = new() { Certificate = files.Certificate, CertificateKey = files.Key } };

    private static void At(IServiceCollection services, TimeProvider time) => services.Replace(ServiceDescriptor.Singleton(time));

    /// <summary>A folder with a new certificate under names and times that are always the same, and the link to it.</summary>
    private DataPlaneTls Mount(string name)
    {
        DataPlaneTls made = _authority.Issue($"mounted-{name}");
        string folder = Directory.CreateDirectory(_folder.At(name)).FullName;
        DataPlaneTls files = new(Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"), made.Authority);
        File.Copy(made.Certificate, files.Certificate);
        File.Copy(made.Key, files.Key);
        foreach (string file in (string[])[files.Certificate, files.Key])
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        return files;
    }

    private DataPlaneTls Mounted(DataPlaneTls files)
    {
        Directory.CreateSymbolicLink(_folder.At("..data"), Path.GetDirectoryName(files.Certificate)!);
        return files with { Certificate = _folder.At("..data/tls.crt"), Key = _folder.At("..data/tls.key") };
    }

    private void Swap(DataPlaneTls files)
    {
        string before = Directory.ResolveLinkTarget(_folder.At("..data"), returnFinalTarget: true)!.FullName;
        Directory.CreateSymbolicLink(_folder.At("..data_tmp"), Path.GetDirectoryName(files.Certificate)!);
        // A rename replaces the link in one step; File.Move would look for the folder behind it.
        using Process rename = Process.Start("mv", ["-T", _folder.At("..data_tmp"), _folder.At("..data")]);
        rename.WaitForExit();
        Assert.Equal(0, rename.ExitCode);
        Directory.Delete(before, recursive: true);
    }

    private static string SerialOf(string file)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(file);
        return certificate.SerialNumber;
    }

    private static HttpClient Client(SslClientAuthenticationOptions tls)
    {
        // The authority is the test's own: which certificate is shown is looked at, not who signed it.
        tls.RemoteCertificateValidationCallback ??= (_, certificate, _, _) => certificate is not null;
        return new(new SocketsHttpHandler { SslOptions = tls });
    }

    /// <summary>Asks over a connection of its own.</summary>
    private static async Task<(string Serial, HttpResponseMessage Answer)> AskAsync(
        TestApi door, Version? version = null, X509Certificate2? certificate = null)
    {
        string serial = "";
        using HttpClient client = Client(new()
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) => (serial = ((X509Certificate2)shown!).SerialNumber).Length > 0,
            ClientCertificates = certificate is null ? null : [certificate],
        });
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(new Uri(door.App.Urls.Single()), "/health/live"))
        {
            Version = version ?? HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        HttpResponseMessage answer = await client.SendAsync(request);
        _ = await answer.Content.ReadAsStringAsync();
        return (serial, answer);
    }
}
