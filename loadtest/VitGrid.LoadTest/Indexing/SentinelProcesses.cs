using System.Diagnostics;
using System.Globalization;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Indexing;

/// <summary>A primary, a replica and a sentinel, each a process; a primary that is killed comes back as the other's replica.</summary>
internal sealed class SentinelProcesses : IDisposable
{
    private const string Service = "grid";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(10);

    private readonly int _sentinelPort;
    private readonly ChildProcess _sentinel;

    private SentinelProcesses(RedisProcess primary, RedisProcess replica, int sentinelPort, ChildProcess sentinel) =>
        (Primary, Replica, _sentinelPort, _sentinel) = (primary, replica, sentinelPort, sentinel);

    public RedisProcess Primary { get; private set; }

    public RedisProcess Replica { get; private set; }

    /// <summary>Where the queue is, as <c>--queue-redis</c> takes it.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_sentinelPort},serviceName={Service}");

    public static async Task<SentinelProcesses> StartAsync(string folder, CancellationToken cancellationToken)
    {
        int[] ports = Ports.Take(3);
        RedisProcess primary = await RedisProcess.StartAsync(
            ports[0], Path.Combine(folder, "redis-a"), cancellationToken, "--repl-diskless-sync-delay", "0");
        RedisProcess replica = await RedisProcess.StartAsync(
            ports[1], Path.Combine(folder, "redis-b"), cancellationToken, ReplicaOf(primary));
        string file = Path.GetFullPath(Path.Combine(folder, "sentinel.conf"));
        await File.WriteAllLinesAsync(
            file,
            [
                $"port {ports[2]}", "bind 127.0.0.1", $"dir {Path.GetDirectoryName(file)}",
                $"sentinel monitor {Service} 127.0.0.1 {primary.Port} 1",
                $"sentinel down-after-milliseconds {Service} 500", $"sentinel failover-timeout {Service} 5000",
            ],
            cancellationToken);
        ChildProcess sentinel = ChildProcess.Start("redis-server", [file, "--sentinel"], Path.Combine(folder, "sentinel.log"));
        SentinelProcesses all = new(primary, replica, ports[2], sentinel);
        await UntilAsync(() => all.IsWhole(), "the sentinel knows a replica that follows", cancellationToken);
        return all;
    }

    /// <summary>Fail-overs that nobody had asked for.</summary>
    public int Unasked { get; private set; }

    /// <summary>
    /// Freezes the replica and ends its connection, so that what comes from now on reaches the primary alone; killing that one lets the
    /// replica go on.
    /// </summary>
    public void CutReplica()
    {
        Replica.Signal("STOP");
        Primary.Ask("CLIENT KILL TYPE replica");
    }

    /// <summary>Kills the primary; gives how long it took until the sentinel named the other one.</summary>
    public async Task<TimeSpan> FailOverAsync(CancellationToken cancellationToken)
    {
        Stopwatch watch = Stopwatch.StartNew();
        await Primary.KillAsync(cancellationToken);
        Replica.Signal("CONT");
        string next = $"{Replica.Port}";
        await UntilAsync(
            () => RedisLine.Ask(_sentinelPort, $"SENTINEL get-master-addr-by-name {Service}") is [_, var port] && port == next,
            "the replica is promoted", cancellationToken);
        TimeSpan took = watch.Elapsed;
        (Primary, Replica) = (Replica, Primary);
        return took;
    }

    /// <summary>Starts the one that was killed as the other's replica, and waits until it follows.</summary>
    public async Task RepairAsync(CancellationToken cancellationToken)
    {
        await Replica.StartAgainAsync(cancellationToken, ReplicaOf(Primary));
        await UntilAsync(
            () =>
            {
                Recognise();
                return IsWhole();
            },
            "one follows the other", cancellationToken);
    }

    public void Dispose()
    {
        _sentinel.Dispose();
        Replica.Dispose();
        Primary.Dispose();
    }

    /// <summary>Waits until something is so.</summary>
    /// <exception cref="InvalidOperationException">It was not within a minute.</exception>
    public static async Task UntilAsync(Func<bool> wanted, string what, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!Is(wanted))
        {
            if (Stopwatch.GetElapsedTime(begun) > Timeout)
                throw new InvalidOperationException($"not within {Timeout.TotalSeconds} s: {what}");
            await Task.Delay(Glance, cancellationToken);
        }
    }

    /// <summary>On a busy machine a sentinel takes a primary for dead that is not, and promotes the other one.</summary>
    private void Recognise()
    {
        if (RedisLine.Ask(_sentinelPort, $"SENTINEL get-master-addr-by-name {Service}") is not [_, var port] || port != $"{Replica.Port}")
            return;
        (Primary, Replica) = (Replica, Primary);
        Unasked++;
    }

    private bool IsWhole() =>
        Replica.Ask("INFO replication").Length > 0
        && RedisLine.Send(Replica.Port, "INFO replication").Contains("master_link_status:up", StringComparison.Ordinal)
        && RedisLine.Send(_sentinelPort, $"SENTINEL replicas {Service}").Contains($"{Replica.Port}", StringComparison.Ordinal);

    private static string[] ReplicaOf(RedisProcess primary) =>
        ["--replicaof", "127.0.0.1", $"{primary.Port}", "--repl-diskless-sync-delay", "0"];

    private static bool Is(Func<bool> wanted)
    {
        try
        {
            return wanted();
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
