using System.Net;
using System.Net.Sockets;
using VitGrid.Engine.Options;
using VitGrid.Redis;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Settings;
using VitGrid.Transport;

namespace VitGrid.Cluster.Options;

/// <summary>
/// What has to be right before a grid starts in this process: its settings, and the devices, addresses and certificates that they name
/// on this machine.
/// </summary>
public static class StartCheck
{
    /// <summary>Finds every fault, each naming the setting, its value and the remedy; empty when there is none.</summary>
    /// <param name="options">The grid's options.</param>
    /// <param name="dataPlane">The data plane's; null: the defaults.</param>
    public static IReadOnlyList<string> Faults(GridOptions options, DataPlaneOptions? dataPlane = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        SettingPath root = SettingPath.Root;
        return
        [
            .. SettingsCheck.Faults(options, root),
            .. SettingsCheck.Faults(dataPlane ?? new(), root[DataPlaneOptions.SectionName]),
            .. FaultsOfDevices(options.Devices, root[nameof(options.Devices)]),
            .. RedisSetting.Faults(options),
            .. FaultsOfSeal(options.Cache),
            .. options.Cluster.Tls?.Files().Faults() ?? [],
            .. FaultsOfAddress(options.Cluster, root[nameof(options.Cluster)]),
        ];
    }

    private static IEnumerable<string> FaultsOfDevices(IReadOnlyList<DeviceSpec> devices, SettingPath path) =>
        DeviceInventory.Read(devices).Faults(devices).Select(fault => $"{path}: {fault}");

    private static IEnumerable<string> FaultsOfSeal(CacheOptions cache) =>
        cache.Redis is not null && CacheKeys.Fault(cache) is { } fault ? [fault] : [];

    private static IEnumerable<string> FaultsOfAddress(ClusterOptions cluster, SettingPath path)
    {
        if (cluster.Redis is not { } redis || !RedisAddress.IsOne(redis))
            yield break;
        SettingPath host = path[nameof(cluster.AdvertisedHost)];
        if (ClusterAddress.From(cluster) is not { } address)
            yield return $"{host} is {cluster.AdvertisedHost ?? "not set"}, and no address of this process follows from that; name one "
                + "under which the others reach it";
        else if (IPAddress.IsLoopback(address))
            yield break;
        else if (address.AddressFamily == AddressFamily.InterNetworkV6)
            yield return $"{host} is {address}; beyond loopback this version listens on IPv4 only: name an IPv4 address";
        else if (cluster is { Tls: null, AllowPlaintext: false })
            yield return $"{host} is {address}, so traffic would leave the machine unencrypted; set {path[nameof(cluster.Tls)]}, or "
                + $"{path[nameof(cluster.AllowPlaintext)]}=true in a network you trust";
    }
}
