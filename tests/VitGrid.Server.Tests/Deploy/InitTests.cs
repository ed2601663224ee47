using System.Net;
using System.Net.Http.Headers;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>What deploy/init.sh makes, and the grid of deploy/compose.yaml with it, as processes instead of containers.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class InitTests
{
    private const string FrontEndName = "front-end.vitgrid";

    [Fact]
    public void The_front_ends_certificate_says_what_it_is_and_Redis_has_an_authority_of_its_own()
    {
        Assert.Equal(
            [
                "vitgrid-api-tls", "vitgrid-keys", "vitgrid-queue-acl", "vitgrid-redis-acl", "vitgrid-redis-login", "vitgrid-redis-tls",
                "vitgrid-scraper-key", "vitgrid-worker-tls",
            ],
            InitRun.Secrets.Keys.Order(StringComparer.Ordinal));
        Assert.Contains(FrontEndName, NamesOf("api"));
        Assert.DoesNotContain(FrontEndName, NamesOf("worker"));
        Assert.Equal(Text("vitgrid-api-tls", "ca.crt"), Text("vitgrid-worker-tls", "ca.crt"));
        Assert.Equal(Text("vitgrid-redis-login", "ca.crt"), Text("vitgrid-redis-tls", "ca.crt"));
        Assert.NotEqual(Text("vitgrid-redis-tls", "ca.crt"), Text("vitgrid-worker-tls", "ca.crt"));
        Assert.DoesNotContain(InitRun.Secrets.Values.SelectMany(secret => secret.Data.Keys), name => name.Contains(
            "authority", StringComparison.Ordinal));
    }

    [Fact]
    public void Redis_lets_nobody_in_without_a_name_and_keeps_hashes_of_passwords()
    {
        Assert.All(["grid", "queue"], user =>
        {
            string password = Text("vitgrid-redis-login", $"{user}-password").Trim();
            string users = Text(user == "grid" ? "vitgrid-redis-acl" : "vitgrid-queue-acl", "users.acl");
            Assert.Equal(64, password.Length);
            Assert.DoesNotContain(password, users, StringComparison.Ordinal);
            Assert.Contains($"user {user} on #{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(password)))} ",
                users, StringComparison.Ordinal);
            Assert.Contains("user default off", users, StringComparison.Ordinal);
        });
        string page = File.ReadAllText(Path.Combine(GoldenFiles.Repository, "docs", "operations.md")).ReplaceLineEndings(" ");
        Assert.All(Text("vitgrid-redis-acl", "users.acl").Split('\n')[2].Split(' ')[4..], right => Assert.Contains(
            right, page, StringComparison.Ordinal));
    }

    [Fact]
    public void Nobody_else_on_the_machine_reads_what_it_makes_and_a_second_run_renews_certificates_alone()
    {
        using TemporaryFolder folder = new();
        string made = folder.At("secrets");
        InitRun.Into(made);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(made));
        string[] kept = ["authority/grid.key", "authority/redis.key", "redis-login/grid-password", "redis-login/queue-password",
            "redis-acl/users.acl", "worker-tls/ca.crt"], renewed = ["worker-tls/tls.crt", "api-tls/tls.key", "redis-tls/tls.crt"];
        string[] before = [.. kept.Concat(renewed).Select(file => File.ReadAllText(Path.Combine(made, file)))];
        InitRun.Into(made);
        string[] after = [.. kept.Concat(renewed).Select(file => File.ReadAllText(Path.Combine(made, file)))];
        Assert.Equal(before[..kept.Length], after[..kept.Length]);
        Assert.All(Enumerable.Range(kept.Length, renewed.Length), i => Assert.NotEqual(before[i], after[i]));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(made), path =>
            Path.GetFileName(path).StartsWith(".new", StringComparison.Ordinal));
    }

    [RedisFact]
    public async Task The_grid_of_the_compose_file_comes_up_with_its_certificates_passwords_rights_and_keys_and_embeds_an_image()
    {
        using TemporaryFolder folder = new();
        InitRun.Into(folder.At("secrets"));
        using StartedProcess membership = await RedisAsync("redis", folder, out int grid);
        using StartedProcess jobs = await RedisAsync("queue", folder, out int queue);
        using StartedProcess worker = Process("worker-1", folder, grid, queue), api = Process("api", folder, grid, queue);
        using HttpClient http = new() { BaseAddress = new(await api.ReadyAsync()) };
        using ByteArrayContent image = new(File.ReadAllBytes(Path.Combine(GoldenFiles.Repository, "docs", "images", "house.png")));
        image.Headers.ContentType = MediaTypeHeaderValue.Parse("image/png");
        using HttpResponseMessage stranger = await http.GetAsync("/v1/models");
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        string key = File.ReadAllText(folder.At("secrets/first-key")), scraper = File.ReadAllText(folder.At("secrets/scraper-key/token"));
        http.DefaultRequestHeaders.Authorization = new("Bearer", scraper);
        using HttpResponseMessage forbidden = await http.GetAsync("/v1/batches");
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
        Assert.Contains("vitgrid_", await http.GetStringAsync("/metrics"), StringComparison.Ordinal);
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using HttpResponseMessage answer = await http.PostAsync("/v1/embeddings", image);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        Assert.Equal(192, JsonDocument.Parse(text).RootElement.GetProperty("data")[0].GetProperty("embedding").GetArrayLength());
        using HttpResponseMessage batches = await http.GetAsync("/v1/batches");
        Assert.True(batches.IsSuccessStatusCode, await batches.Content.ReadAsStringAsync());
        foreach (string password in (string[])["grid", "queue"])
        {
            string secret = File.ReadAllText(folder.At($"secrets/redis-login/{password}-password")).Trim();
            Assert.DoesNotContain(secret, worker.Said + api.Said, StringComparison.Ordinal);
            Assert.DoesNotContain(key, worker.Said + api.Said, StringComparison.Ordinal);
        }
    }

    private static Task<StartedProcess> RedisAsync(string service, TemporaryFolder folder, out int port)
    {
        int free = port = StartedProcess.FreePort();
        string data = Directory.CreateDirectory(folder.At($"data-{service}")).FullName;
        string[] arguments = [.. ComposeFile.Read("compose.yaml").Services[service].Command.Skip(1).Select(argument => argument
            .Replace("/run/redis/tls", folder.At("secrets/redis-tls"), StringComparison.Ordinal)
            .Replace("/run/redis/acl", folder.At($"secrets/{service}-acl"), StringComparison.Ordinal)
            .Replace("--tls-port 6379", $"--tls-port {free}", StringComparison.Ordinal))];
        return StartedProcess.RedisAsync(["--bind 127.0.0.1", $"--dir {data}", .. arguments]);
    }

    /// <summary>A service with its own settings and command, but for what a machine without containers has elsewhere.</summary>
    private static StartedProcess Process(string name, TemporaryFolder folder, int grid, int queue)
    {
        ComposeService service = ComposeFile.Read("compose.yaml").Services[name];
        string role = name == "api" ? "api" : "worker";
        IEnumerable<(string, string)> environment = service.Environment
            .Where(pair => !pair.Key.EndsWith("Port", StringComparison.Ordinal)
                && !pair.Key.EndsWith("AdvertisedHost", StringComparison.Ordinal))
            .Select(pair => (pair.Key, Plain(pair.Value)
                .Replace("/run/vitgrid/tls", folder.At($"secrets/{role}-tls"), StringComparison.Ordinal)
                .Replace("/run/vitgrid/redis", folder.At("secrets/redis-login"), StringComparison.Ordinal)
                .Replace("/run/vitgrid/keys", folder.At("secrets/keys"), StringComparison.Ordinal)
                .Replace("/var/lib/vitgrid", folder.Root, StringComparison.Ordinal)
                .Replace("@redis:6379", $"@localhost:{grid}", StringComparison.Ordinal)
                .Replace("@queue:6379", $"@localhost:{queue}", StringComparison.Ordinal)))
            // In its container it listens beyond loopback.
            .Append(("VitGrid__Auth__Mode", "required"));
        string[] command = [.. service.Command.Select(
            word => Plain(word).Replace("0.0.0.0:8080", "127.0.0.1:0", StringComparison.Ordinal))];
        return StartedProcess.VitGrid(environment, command);
    }

    /// <summary>A value with the defaults of its variables.</summary>
    private static string Plain(string value) => Variable().Replace(value, "$1");

    [GeneratedRegex(@"\$\{[A-Z_]+:-([^}]*)\}")]
    private static partial Regex Variable();

    private static string Text(string secret, string file) => Encoding.UTF8.GetString(InitRun.Secrets[secret].Data[file]);

    private static string[] NamesOf(string role)
    {
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(Text($"vitgrid-{role}-tls", "tls.crt"));
        return [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames())];
    }
}
