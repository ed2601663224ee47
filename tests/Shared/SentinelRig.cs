using StackExchange.Redis;

namespace VitGrid.Testing;

/// <summary>A primary, its replica and a sentinel that promotes the replica when the primary is gone, on loopback.</summary>
internal sealed class SentinelRig : IDisposable
{
    private const string Service = "grid";

    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-sentinel-").FullName;
    private readonly List<RedisServer> _gone = [];

    private SentinelRig()
    {
    }

    public RedisServer Primary { get; private set; } = null!;

    public RedisServer Replica { get; private set; } = null!;

    public RedisServer Sentinel { get; private set; } = null!;

    /// <summary>Where the queue is, in the form of StackExchange.Redis: by its sentinel.</summary>
    public string Address => $"{Sentinel.Address},serviceName={Service}";

    public static async Task<SentinelRig> StartAsync()
    {
        SentinelRig rig = new();
        rig.Primary = await RedisServer.StartAsync("--repl-diskless-sync-delay", "0", "--dir", rig._folder);
        rig.Replica = await rig.FollowAsync(rig.Primary);
        rig.Sentinel = await RedisServer.StartSentinelAsync(Path.Combine(rig._folder, "sentinel.conf"), Service, rig.Primary.Address);
        await rig.UntilAsync(async redis => (await redis.SentinelReplicasAsync(Service)).Length == 1, "the sentinel knows the replica");
        return rig;
    }

    /// <summary>Kills the primary and waits until its replica is promoted.</summary>
    public async Task FailOverAsync(Action? afterKill = null)
    {
        Primary.Kill();
        afterKill?.Invoke();
        await UntilAsync(
            async redis => $"{await redis.SentinelGetMasterAddressByNameAsync(Service)}" == Replica.Address, "the replica is promoted");
        _gone.Add(Primary);
        Primary = Replica;
    }

    /// <summary>
    /// Freezes the replica and ends its connection, so that nothing more reaches it, not even what would wait for it in a socket.
    /// </summary>
    public async Task CutReplicaAsync()
    {
        Replica.Signal("STOP");
        await using ConnectionMultiplexer primary = await ConnectionMultiplexer.ConnectAsync($"{Primary.Address},allowAdmin=true");
        await primary.GetServer(Primary.Address).ExecuteAsync("CLIENT", "KILL", "TYPE", "replica");
    }

    /// <summary>Gives the promoted one a replica, as the one that was killed would be once it is started again.</summary>
    public async Task RepairAsync() => Replica = await FollowAsync(Primary);

    public void Dispose()
    {
        foreach (RedisServer server in _gone.Append(Primary).Append(Replica).Append(Sentinel).Distinct())
            server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<RedisServer> FollowAsync(RedisServer primary)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("n"))).FullName;
        RedisServer replica = await RedisServer.StartAsync(
            ["--replicaof", .. primary.Address.Split(':'), "--repl-diskless-sync-delay", "0", "--dir", folder]);
        await using ConnectionMultiplexer asked = await ConnectionMultiplexer.ConnectAsync($"{replica.Address},allowAdmin=true");
        await Waits.UntilAsync(
            async () => (await asked.GetServer(replica.Address).InfoRawAsync("replication"))!.Contains(
                "master_link_status:up", StringComparison.Ordinal),
            "the replica follows");
        return replica;
    }

    private async Task UntilAsync(Func<IServer, Task<bool>> wanted, string what)
    {
        ConfigurationOptions patient = ConfigurationOptions.Parse(Sentinel.Address);
        patient.AsyncTimeout = (int)Waits.Limit.TotalMilliseconds;
        await using ConnectionMultiplexer sentinel = await ConnectionMultiplexer.SentinelConnectAsync(patient);
        IServer asked = sentinel.GetServer(Sentinel.Address);
        await Waits.UntilAsync(() => wanted(asked), what);
    }
}
