using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Verbs;

/// <summary>The server as its own process: started without a verb, asked over HTTP, ended by a signal.</summary>
public sealed partial class ServeVerbTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Without_a_verb_it_serves_the_bundled_model_and_a_signal_ends_it_with_code_0()
    {
        // Windows has no signal that a test could send to one process.
        if (OperatingSystem.IsWindows())
            return;

        using CancellationTokenSource limit = new(Timeout);
        using Process server = Start("--urls", "http://127.0.0.1:0");
        try
        {
            string started = await ReadUntilAsync(server, "listening on", limit.Token);
            string url = Address().Match(started).Value;
            await StartedProcess.ReadyAsync(url);
            string image = Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png");
            float[] served = await EmbedAsync(url, image, limit.Token);
            VerbRun embedded = await VerbRun.RunAsync("embed", image);

            Assert.Contains("does not know objects", started, StringComparison.Ordinal);
            Assert.Equal(Vector(JsonDocument.Parse(embedded.Out).RootElement), served);

            using Process kill = Process.Start("kill", $"-TERM {server.Id}");
            string rest = await server.StandardError.ReadToEndAsync(limit.Token);
            await server.WaitForExitAsync(limit.Token);
            Assert.Contains("drained", rest, StringComparison.Ordinal);
            Assert.Equal(0, server.ExitCode);
        }
        finally
        {
            if (!server.HasExited)
                server.Kill();
        }
    }

    [Theory]
    [InlineData("worker")]
    [InlineData("api")]
    public async Task Beyond_loopback_no_role_starts_without_certificates_or_leave_to_do_so(string role)
    {
        VerbRun run = await VerbRun.RunAsync(
            "serve", "--role", role, "--redis", "127.0.0.1:1", "--urls", "http://127.0.0.1:0",
            "--VitGrid:Cluster:AdvertisedHost=192.0.2.7");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Cluster:AdvertisedHost is 192.0.2.7, so traffic would leave the machine unencrypted; set VitGrid:Cluster:Tls, "
            + "or VitGrid:Cluster:AllowPlaintext=true", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_that_cannot_be_used_stop_the_start_and_are_all_told()
    {
        VerbRun run = await VerbRun.RunAsync("serve", "--role", "worker", "--redis", "127.0.0.1:1", "--urls", "http://127.0.0.1:0",
            "--VitGrid:Cluster:Tls:Certificate=/no/tls.crt", "--VitGrid:Cluster:Tls:Key=/no/tls.key",
            "--VitGrid:Cluster:Tls:Authority=/no/ca.crt");

        Assert.Equal(1, run.ExitCode);
        Assert.All(["Certificate is '/no/tls.crt'", "Key is '/no/tls.key'", "Authority is '/no/ca.crt'"],
            fault => Assert.Contains($"Cluster:Tls:{fault}; there is no such file", run.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_port_that_is_taken_fails_with_one_line()
    {
        using System.Net.Sockets.TcpListener taken = new(System.Net.IPAddress.Loopback, 0);
        taken.Start();

        VerbRun run = await VerbRun.RunAsync("serve", "--urls", $"http://{taken.LocalEndpoint}");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("cannot be listened on: Address already in use; stop what listens there", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Trim().Split('\n'));
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_of_the_configuration_are_listed_together()
    {
        VerbRun run = await VerbRun.RunAsync("serve", "--VitGrid:Batching:MaxBatchSize=0", "--VitGrid:Nonsense=1");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("VitGrid:Batching:MaxBatchSize is '0'", run.Error, StringComparison.Ordinal);
        Assert.Contains("VitGrid:Nonsense is not a setting", run.Error, StringComparison.Ordinal);
    }

    private static Process Start(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "vitgrid.dll"), .. arguments])
        {
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
    }

    private static async Task<string> ReadUntilAsync(Process server, string mark, CancellationToken cancellationToken)
    {
        string read = "";
        while (!read.Contains(mark, StringComparison.Ordinal))
        {
            read += await server.StandardError.ReadLineAsync(cancellationToken)
                ?? throw new InvalidOperationException($"the server ended before it said '{mark}': {read}");
            read += "\n";
        }
        return read;
    }

    private static async Task<float[]> EmbedAsync(string url, string image, CancellationToken cancellationToken)
    {
        using HttpClient client = new();
        using ByteArrayContent body = new(await File.ReadAllBytesAsync(image, cancellationToken));
        body.Headers.ContentType = new("image/png");
        using HttpResponseMessage answer = await client.PostAsync(new Uri($"{url}/v1/embeddings"), body, cancellationToken);
        string json = await answer.Content.ReadAsStringAsync(cancellationToken);
        Assert.True(answer.IsSuccessStatusCode, json);
        return Vector(JsonDocument.Parse(json).RootElement.GetProperty("data")[0]);
    }

    private static float[] Vector(JsonElement holder) =>
        [.. holder.GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())];

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Address();
}
