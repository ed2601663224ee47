using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>A Redis Cluster of three primaries without replicas, on loopback, which keeps nothing.</summary>
internal sealed class RedisClusterRig : IAsyncDisposable
{
    private const int Slots = 16_384;

    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-redis-cluster-").FullName;

    private RedisClusterRig()
    {
    }

    public RedisServer[] Servers { get; private set; } = [];

    /// <summary>An operator's connection.</summary>
    public ConnectionMultiplexer Past { get; private set; } = null!;

    /// <summary>The address of one of its servers: the client learns the others.</summary>
    public string Address => Servers[0].Address;

    public static async Task<RedisClusterRig> StartAsync()
    {
        RedisClusterRig rig = new();
        int[] buses = [.. Enumerable.Range(0, 3).Select(_ => RedisServer.FreePort())];
        rig.Servers = await Task.WhenAll(buses.Select((bus, i) => RedisServer.StartAsync(
            "--cluster-enabled", "yes", "--cluster-port", $"{bus}", "--cluster-config-file", Path.Combine(rig._folder, $"{i}.conf"),
            "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no", "--dir", rig._folder)));
        await rig.MeetAsync(buses);
        rig.Past = await ConnectionMultiplexer.ConnectAsync($"{rig.Address},allowAdmin=true");
        return rig;
    }

    /// <summary>What each living server holds, by its address.</summary>
    public IReadOnlyDictionary<string, RedisKey[]> Keys(string pattern) => Past.GetServers().Where(server => server.IsConnected)
        .ToDictionary(server => $"{server.EndPoint}", server => server.Keys(pattern: pattern).ToArray());

    /// <summary>How many keys all of them hold.</summary>
    public int Count(string pattern) => Keys(pattern).Values.Sum(keys => keys.Length);

    public void AwaitKeys(string pattern, int count) => Assert.True(
        SpinWait.SpinUntil(() => Count(pattern) == count, Waits.Limit),
        $"the cluster never holds {count} keys {pattern}");

    public async ValueTask DisposeAsync()
    {
        await Past.DisposeAsync();
        foreach (RedisServer server in Servers)
            server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Gives each a third of the slots and makes them known to each other, as <c>redis-cli --cluster create</c> does.</summary>
    private async Task MeetAsync(int[] buses)
    {
        for (int i = 0; i < Servers.Length; i++)
        {
            IPEndPoint first = IPEndPoint.Parse(Servers[0].Address);
            await DoAsync(Servers[i], "ADDSLOTSRANGE", $"{Slots * i / 3}", $"{(Slots * (i + 1) / 3) - 1}");
            await DoAsync(Servers[i], "SET-CONFIG-EPOCH", $"{i + 1}");
            if (i > 0)
                await DoAsync(Servers[i], "MEET", $"{first.Address}", $"{first.Port}", buses[0].ToString(CultureInfo.InvariantCulture));
        }
        foreach (RedisServer server in Servers)
        {
            await using ConnectionMultiplexer one = await ConnectAsync(server);
            Assert.True(
                SpinWait.SpinUntil(() => one.GetServer(server.Address).ClusterNodes()?.Nodes.Count(node => node.Slots.Count > 0) == 3,
                    Waits.Limit),
                "the servers never meet");
        }
    }

    private static async Task DoAsync(RedisServer server, params string[] words)
    {
        await using ConnectionMultiplexer one = await ConnectAsync(server);
        await one.GetServer(server.Address).ExecuteAsync("CLUSTER", [.. words]);
    }

    private static Task<ConnectionMultiplexer> ConnectAsync(RedisServer server) =>
        ConnectionMultiplexer.ConnectAsync($"{server.Address},allowAdmin=true");
}
