using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Api;

/// <summary>Images by <c>https</c> from a server whose certificate an authority of the test's own has signed.</summary>
public sealed class HttpsUrlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_certificate_counts_once_its_authority_is_trusted_and_for_its_own_host_only()
    {
        string authority = _folder.At("authority.pem");
        await using WebApplication site = await SiteAsync(Chain(authority));
        int port = new Uri(site.Urls.Single()).Port;
        string url = $"https://localhost:{port}/boat.png";

        using (StartedProcess stranger = Serve(port))
        {
            using HttpClient http = new() { BaseAddress = new(await stranger.ReadyAsync()) };
            (HttpStatusCode status, JsonElement answer) = await AskAsync(http, url);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            AssertRefused(answer, url, "PartialChain");
        }
        using (StartedProcess friend = Serve(port, ("SSL_CERT_FILE", authority)))
        {
            using HttpClient http = new() { BaseAddress = new(await friend.ReadyAsync()) };
            (HttpStatusCode status, JsonElement answer) = await AskAsync(http, url);
            Assert.True(status == HttpStatusCode.OK, answer.GetRawText());
            byte[] image = await File.ReadAllBytesAsync(Boat);
            (_, JsonElement same) = await AskAsync(http, $"data:image/png;base64,{Convert.ToBase64String(image)}");
            Assert.Equal(Vector(same), Vector(answer));

            string other = $"https://127.0.0.1:{port}/boat.png";
            AssertRefused((await AskAsync(http, other)).Answer, other, "RemoteCertificateNameMismatch");
        }
    }

    public void Dispose() => _folder.Dispose();

    private static string Boat => Path.Combine(GoldenFiles.Repository, "docs", "images", "boat.png");

    private static void AssertRefused(JsonElement answer, string url, string reason)
    {
        JsonElement error = answer.GetProperty("error");
        Assert.Equal("url_fetch_failed", error.GetProperty("code").GetString());
        string message = error.GetProperty("message").GetString()!;
        Assert.Contains($"the server of '{url}' shows no certificate that is trusted here", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    private static string Vector(JsonElement answer) => answer.GetProperty("data")[0].GetProperty("embedding").GetRawText();

    /// <summary>A leaf for localhost under an intermediate authority, whose root goes into <paramref name="authority"/>.</summary>
    private static X509Certificate2Collection Chain(string authority)
    {
        using X509Certificate2 root = Certificate("root", null);
        File.WriteAllText(authority, root.ExportCertificatePem());
        using X509Certificate2 middle = Certificate("middle", root);
        X509Certificate2 leaf = Certificate("localhost", middle, isAuthority: false);
        return [leaf, X509CertificateLoader.LoadCertificate(middle.RawData)];
    }

    private static X509Certificate2 Certificate(string name, X509Certificate2? issuer, bool isAuthority = true)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        (DateTimeOffset from, DateTimeOffset to) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        if (issuer is null)
            return request.CreateSelfSigned(from, to);
        using X509Certificate2 signed = request.Create(issuer, issuer.NotBefore, issuer.NotAfter, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    private static async Task<WebApplication> SiteAsync(X509Certificate2Collection chain)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = chain[0];
            https.ServerCertificateChain = chain;
        })));
        WebApplication site = builder.Build();
        site.MapGet("/boat.png", () => TypedResults.PhysicalFile(Boat, "image/png"));
        await site.StartAsync();
        return site;
    }

    private static StartedProcess Serve(int site, params (string Name, string Value)[] environment) => StartedProcess.VitGrid(environment, [
        "serve", "--urls", "http://127.0.0.1:0",
        "--VitGrid:UrlFetch:Enabled=true", "--VitGrid:UrlFetch:Addresses=127.0.0.0/8,::1/128", $"--VitGrid:UrlFetch:Ports={site}"]);

    private static async Task<(HttpStatusCode Status, JsonElement Answer)> AskAsync(HttpClient http, string input)
    {
        using HttpResponseMessage answer = await http.PostAsJsonAsync(
            "/v1/embeddings", new { model = "internvit-nano", input, encoding_format = "base64" });
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }
}
