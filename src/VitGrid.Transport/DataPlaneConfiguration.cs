using System.Net;

namespace VitGrid.Transport;

/// <summary>How a process takes part in the data plane: where it listens, whom it trusts, when it gives a peer up.</summary>
public sealed record DataPlaneConfiguration
{
    /// <summary>IP address to listen on; any other than loopback needs <see cref="Tls"/> or <see cref="AllowPlaintext"/>.</summary>
    public string ListenAddress { get; init; } = "127.0.0.1";

    /// <summary>Whether others may connect; a process that only connects has no port and no endpoint.</summary>
    public bool Listens { get; init; } = true;

    /// <summary>TCP port; 0: any free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// Name or address under which peers reach this process; null: <see cref="ListenAddress"/>. Needed if that is every address.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Whether processes of one machine talk over a Unix socket.</summary>
    public bool UnixSocket { get; init; } = true;

    /// <summary>Certificates for TCP, asked of both sides; null: none.</summary>
    public DataPlaneTls? Tls { get; init; }

    /// <summary>Allows TCP without <see cref="Tls"/> beyond loopback: whoever reaches the port can send and read activations.</summary>
    public bool AllowPlaintext { get; init; }

    /// <summary>How often a link that sends nothing else shows a keep-alive, in milliseconds.</summary>
    public int PingMilliseconds { get; init; } = 250;

    /// <summary>Silence after which a peer is given up, in milliseconds.</summary>
    public int SilenceMilliseconds { get; init; } = 1_500;

    /// <summary>What links may take.</summary>
    public DataPlaneOptions Limits { get; init; } = new();

    /// <summary>What may come over which link.</summary>
    public LinkRules Rules { get; init; } = new();

    /// <summary>Finds what cannot be listened with on this machine.</summary>
    /// <returns>A message each, which names the setting that leads to it; empty when there is no fault.</returns>
    internal IReadOnlyList<string> Faults()
    {
        List<string> faults = [.. Listens ? FaultsOfAddress() : []];
        if (Listens && UnixSocket && Path.GetTempPath() is { Length: > SocketFolder.MaxBaseLength } temp)
            faults.Add($"the temp folder's path '{temp}' has {temp.Length} characters, a Unix socket's may have "
                + $"{SocketFolder.MaxBaseLength}; set TMPDIR to a shorter one, or VitGrid:Cluster:UnixSocket to false");
        faults.AddRange(Tls?.Faults(Listens) ?? []);
        return faults;
    }

    private IEnumerable<string> FaultsOfAddress()
    {
        if (!IPAddress.TryParse(ListenAddress, out IPAddress? address))
        {
            yield return $"the data plane's address is '{ListenAddress}'; give an IP address, such as 127.0.0.1 or 0.0.0.0";
            yield break;
        }
        if (AdvertisedHost is null && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
            yield return $"the data plane's address is {ListenAddress}, which peers cannot reach by that name; set "
                + "VitGrid:Cluster:AdvertisedHost";
        if (Tls is null && !AllowPlaintext && !IPAddress.IsLoopback(address))
            yield return $"the data plane's address is {ListenAddress}, beyond loopback and without VitGrid:Cluster:Tls; configure "
                + "certificates, or set VitGrid:Cluster:AllowPlaintext in a network you trust";
    }
}
