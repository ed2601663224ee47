using StackExchange.Redis;

namespace VitGrid.Redis;

/// <summary>The servers behind a connection: one, one with replicas, or those of a Redis Cluster.</summary>
public static class RedisServers
{
    /// <summary>Whether it is a Redis Cluster, whose keys lie on several servers; as far as any of them has answered.</summary>
    public static bool IsCluster(this IConnectionMultiplexer redis)
    {
        ArgumentNullException.ThrowIfNull(redis);
        return redis.GetServers().Any(server => server.ServerType == ServerType.Cluster);
    }

    /// <summary>
    /// The servers that hold keys, each key one of them: of a cluster every primary with slots, as the cluster itself says at present; else
    /// those that are connected and no replicas.
    /// </summary>
    /// <exception cref="RedisException">Nobody answers, or one of a cluster's primaries is away; it is named.</exception>
    public static async Task<IReadOnlyList<IServer>> HoldersAsync(this IConnectionMultiplexer redis)
    {
        ArgumentNullException.ThrowIfNull(redis);
        IServer[] connected = [.. redis.GetServers().Where(server => server.IsConnected)];
        if (!redis.IsCluster())
            return [.. connected.Where(server => !server.IsReplica)];
        IServer asked = connected.FirstOrDefault() ?? throw new RedisException("no server of the Redis Cluster is connected");
        ClusterConfiguration? cluster = await asked.ClusterNodesAsync().ConfigureAwait(false);
        return [.. (cluster?.Nodes ?? []).Where(node => !node.IsReplica && node.Slots.Count > 0).Select(node => Holder(connected, node))];
    }

    private static IServer Holder(IServer[] connected, ClusterNode node) =>
        connected.FirstOrDefault(server => Equals(server.EndPoint, node.EndPoint))
            ?? throw new RedisException($"the primary {node.EndPoint} of the Redis Cluster is not reached");
}
