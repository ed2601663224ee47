using System.Diagnostics;
using VitGrid.Server.Tests.Verbs;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>Real processes that were killed, that lose Redis, or that are stopped before they have begun.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<StartedProcess> _processes = [];

    [RedisFact]
    public async Task After_a_crash_of_the_only_worker_the_next_one_joins_at_once_and_leaves_without_redis()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        StartedProcess first = Worker(address);
        await first.ReadyAsync();
        first.Kill();
        await first.ExitAsync();

        StartedProcess next = Worker(address);
        await next.HearAsync("ended without leaving the grid; it is declared dead");
        await next.ReadyAsync();
        Assert.DoesNotContain("Failed to get ping responses", next.Said, StringComparison.Ordinal);

        redis.Kill();
        await redis.ExitAsync();
        next.Terminate();
        Assert.Equal(0, await next.ExitAsync());
        Assert.Contains("this worker leaves without telling it", next.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_stopped_before_it_has_begun_ends_with_0_and_without_a_stack()
    {
        StartedProcess server = Start([], "serve", "--urls", "http://127.0.0.1:0");
        await server.HearAsync("serving internvit-nano");
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
        Assert.DoesNotContain("Exception", server.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ONNX_Runtime_keeps_no_store_and_asks_nobody()
    {
        (string, string)[] environment = [("XDG_CACHE_HOME", _folder.Root), ("HOME", _folder.Root), ("ORT_DISABLE_TELEMETRY", "0")];
        StartedProcess server = Start(environment, "serve", "--urls", "http://127.0.0.1:0");
        await server.ReadyAsync();
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
        string[] kept = Directory.GetFiles(_folder.Root, "*", SearchOption.AllDirectories);
        Assert.DoesNotContain(kept, file => file.Contains("onnxruntime", StringComparison.Ordinal));
    }

    [StraceFact]
    public async Task No_name_is_looked_up_and_no_address_beyond_this_machine_connected_to()
    {
        string trace = Path.Combine(_folder.Root, "calls");
        string[] vitgrid = ["dotnet", Path.Combine(AppContext.BaseDirectory, "vitgrid.dll"), "embed", GoldenImage];
        ProcessStartInfo start = new("strace", ["-f", "-qq", "-e", "trace=execve,connect,sendto,sendmsg,sendmmsg", "-o", trace, .. vitgrid])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process strace = Process.Start(start)!;
        await Task.WhenAll(strace.StandardOutput.ReadToEndAsync(), strace.StandardError.ReadToEndAsync());
        await strace.WaitForExitAsync();
        string[] calls = await File.ReadAllLinesAsync(trace);
        Assert.Contains(calls, call => call.Contains("execve(", StringComparison.Ordinal));
        Assert.DoesNotContain(calls, call => call.Contains("htons(53)", StringComparison.Ordinal));
        string[] beyond = [.. calls.Where(call => call.Contains("sa_family=AF_INET", StringComparison.Ordinal))
            .Where(call => !call.Contains("127.0.0.1", StringComparison.Ordinal) && !call.Contains("::1", StringComparison.Ordinal))];
        Assert.Empty(beyond);
    }

    public void Dispose()
    {
        foreach (StartedProcess process in _processes)
            process.Dispose();
        _folder.Dispose();
    }

    private static string GoldenImage => Path.Combine(VitGrid.Tests.Golden.GoldenFiles.Repository, "docs", "images", "fish.png");

    private StartedProcess Worker(string redis) => Start([], "serve", "--role", "worker", "--redis", redis, "--urls", "http://127.0.0.1:0");

    private StartedProcess Start(IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        StartedProcess process = StartedProcess.VitGrid(environment, arguments);
        _processes.Add(process);
        return process;
    }
}

/// <summary>A fact that needs <c>strace</c>, and to be allowed to use it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StraceFactAttribute : FactAttribute
{
    public StraceFactAttribute()
    {
        try
        {
            ProcessStartInfo start = new("strace", ["-qq", "-o", "/dev/null", "true"]) { RedirectStandardError = true };
            using Process trial = Process.Start(start)!;
            trial.WaitForExit();
            Skip = trial.ExitCode == 0 ? null : "strace is not allowed here";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip = "strace is not installed";
        }
    }
}
