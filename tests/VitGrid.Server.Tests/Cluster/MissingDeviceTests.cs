using System.Text.Json;
using VitGrid.Server.Tests.Verbs;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>A real process that had two devices when it was started before, and has one.</summary>
public sealed class MissingDeviceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_start_without_a_device_that_was_there_serves_with_the_other_and_says_so_everywhere()
    {
        using TemporaryFolder home = new();
        string record = Path.Combine(home.Root, "devices", Environment.MachineName);
        Directory.CreateDirectory(Path.GetDirectoryName(record)!);
        await File.WriteAllTextAsync(record, "cuda:99\n");
        using StartedProcess server = StartedProcess.VitGrid(
            [("VITGRID_HOME", home.Root)], ["serve", "--devices", "cpu:0,cuda:99", "--urls", "http://127.0.0.1:0"]);
        try
        {
            await server.HearAsync("This process serves without device cuda:99: it was there at an earlier start");
            string url = await server.ReadyAsync();
            using HttpClient http = new() { BaseAddress = new(url) };
            string ready = await http.GetStringAsync(new Uri("/health/ready", UriKind.Relative));
            Assert.Contains("device cuda:99: it is lost: it was there at an earlier start", ready, StringComparison.Ordinal);
            string info = await http.GetStringAsync(new Uri("/info", UriKind.Relative));
            Assert.Contains("\"missing_devices\"", info, StringComparison.Ordinal);
            Assert.Contains("\"cuda:99\"", info, StringComparison.Ordinal);
            string metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            Assert.Contains(
                metrics.Split('\n'),
                line => line.StartsWith("vitgrid_device_state{", StringComparison.Ordinal)
                    && line.Contains("device=\"cuda:99\",", StringComparison.Ordinal)
                    && line.Contains("state=\"lost\"} 1", StringComparison.Ordinal));
        }
        finally
        {
            output.WriteLine(server.Said);
        }
    }

    [RedisFact]
    public async Task A_worker_without_a_device_that_was_there_shows_it_in_cluster_status()
    {
        using TemporaryFolder home = new();
        string record = Path.Combine(home.Root, "devices", Environment.MachineName);
        Directory.CreateDirectory(Path.GetDirectoryName(record)!);
        await File.WriteAllTextAsync(record, "cuda:99\n");
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(home.Root);
        using StartedProcess started = redis;
        using StartedProcess worker = StartedProcess.VitGrid(
            [("VITGRID_HOME", home.Root)],
            ["serve", "--role", "worker", "--redis", address, "--devices", "cpu:0,cuda:99", "--urls", "http://127.0.0.1:0"]);
        try
        {
            await worker.ReadyAsync();
            VerbRun shown = await VerbRun.RunAsync("cluster", "status", "--redis", address, "--json");
            using JsonDocument status = JsonDocument.Parse(shown.Out);
            JsonElement[] devices =
                [.. status.RootElement.GetProperty("nodes").EnumerateArray().Single().GetProperty("devices").EnumerateArray()];
            Assert.Equal(["cpu:0", "cuda:99"], devices.Select(device => device.GetProperty("device").GetString()));
            Assert.Equal(["healthy", "lost"], devices.Select(device => device.GetProperty("state").GetString()));
            Assert.Equal("missing", devices[1].GetProperty("name").GetString());
            Assert.StartsWith(
                "it was there at an earlier start and is missing at this one", devices[1].GetProperty("reason").GetString(),
                StringComparison.Ordinal);
        }
        finally
        {
            output.WriteLine(worker.Said);
        }
    }
}
