using System.Text.RegularExpressions;
using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>How this process takes part in a grid. Without <see cref="Redis"/> it is a grid of its own, on loopback.</summary>
public sealed partial record ClusterOptions : ISettingRules
{
    /// <summary>
    /// The service that every grid is an instance of, in Orleans' words: the label <c>orleans/serviceId</c> of a worker's pod.
    /// </summary>
    public const string ServiceId = "vitgrid";

    private const int MaxPort = 65_535;

    /// <summary>Redis that holds the membership table; null: no cluster. It must keep its data when it restarts.</summary>
    [Setting("Redis that holds the membership; none: a grid of one process on loopback", Form = RedisForm.Text)]
    public string? Redis { get; init; }

    /// <summary>File whose text is Redis' password; null: the address has it, or none is needed.</summary>
    [Setting("file with the password of `Cluster:Redis`, so that it stands in no setting; the address names the user, as "
        + "`redis://USER:@HOST`", Form = "a file")]
    public string? RedisPasswordFile { get; init; }

    /// <summary>PEM file of the authorities that sign Redis' certificate; null: those that the machine trusts.</summary>
    [Setting("PEM file of the authorities that sign its certificate, for `rediss://`; none: those that the machine trusts",
        Form = "a file")]
    public string? RedisAuthorityFile { get; init; }

    /// <summary>
    /// What stands before every key of the membership; where they name none of their own, before those of cache, queue and access keys
    /// too.
    /// </summary>
    [Setting("what stands before every key of the grid in Redis, the membership's among them; `Cache:`, `Indexing:` and `Auth:KeyPrefix` "
        + "say it of theirs alone", Form = KeyPrefixForm.Text, Accepts = nameof(IsPrefix))]
    public string? KeyPrefix { get; init; }

    /// <summary>Name of the grid: processes of different grids never meet, even in one Redis.</summary>
    [Setting("the grid's name; processes of another name are strangers, also in one Redis",
        Form = "1–64 of letters, digits, `-`, `_`, `.`", Accepts = nameof(IsId))]
    public string Id { get; init; } = "vitgrid";

    /// <summary>
    /// Name or address under which other processes reach this one. None: loopback where Redis is on loopback, which is also all that is
    /// listened on then; else the address from which this machine reaches Redis.
    /// </summary>
    [Setting("where the others reach this process. None: loopback where Redis is on loopback, else the address from which this machine "
        + "reaches Redis; in Kubernetes the pod's. On loopback nothing else is listened on; beyond it IPv4 only", Form = "name or address")]
    public string? AdvertisedHost { get; init; }

    /// <summary>Port for other silos; 0: any free one.</summary>
    [Setting("silo to silo; 0 is any free one: name it where a firewall or policy stands between", Unit = "port", Min = 0, Max = MaxPort,
        Beside = "not `GatewayPort`")]
    public int SiloPort { get; init; }

    /// <summary>Port for grain clients; 0: any free one.</summary>
    [Setting("front ends to silos", Unit = "port", Min = 0, Max = MaxPort, Beside = "not `SiloPort`")]
    public int GatewayPort { get; init; }

    /// <summary>Port of the data plane; 0: any free one.</summary>
    [Setting("images and activations", Unit = "port", Min = 0, Max = MaxPort)]
    public int DataPort { get; init; }

    /// <summary>Port under which others reach the data plane, behind a forwarder; 0: <see cref="DataPort"/> itself.</summary>
    [Setting("the data plane's port as the others see it, behind a forwarder; 0 is `DataPort` itself", Unit = "port", Min = 0,
        Max = MaxPort)]
    public int AdvertisedDataPort { get; init; }

    /// <summary>Whether processes of one machine exchange activations over a Unix socket.</summary>
    [Setting("processes of one machine exchange images and activations over a Unix socket")]
    public bool UnixSocket { get; init; } = true;

    /// <summary>Time between two probes of the membership protocol.</summary>
    [Setting("time between two membership probes of a neighbour, and for its answer", Unit = "ms", Min = 200, Max = 60_000)]
    public int ProbeMilliseconds { get; init; } = 2_000;

    /// <summary>Longest time to which a probe is stretched when processes are busy.</summary>
    [Setting("longest time for an answer, when the prober itself is slow", Unit = "ms", Min = 200, Max = 60_000,
        Beside = "not below `ProbeMilliseconds`")]
    public int MaxProbeMilliseconds { get; init; } = 3_000;

    /// <summary>Probes that may be missed before a silo is suspected.</summary>
    [Setting("answers missing in a row before a neighbour is suspected", Unit = "answers", Min = 1, Max = 10)]
    public int MissedProbes { get; init; } = 2;

    /// <summary>Silos that must suspect another before it is declared dead; with fewer silos a majority suffices.</summary>
    [Setting("silos that must suspect one before it is dead; a majority of fewer suffices", Unit = "silos", Min = 1, Max = 10)]
    public int Votes { get; init; } = 2;

    /// <summary>
    /// Time for which the grains of a silo that was declared dead cannot be activated elsewhere. At 0 the grid's own epochs keep a silo
    /// that is not quite dead from doing harm.
    /// </summary>
    [Setting("how long the grains of a dead silo cannot begin elsewhere; epochs guard against a silo that is not quite dead", Unit = "ms",
        Min = 0, Max = 60_000)]
    public int DirectoryLeaseMilliseconds { get; init; }

    /// <summary>Time between two keep-alives on an idle link of the data plane.</summary>
    [Setting("how often a data-plane link that sends nothing else sends a keep-alive", Unit = "ms", Min = 50, Max = 10_000)]
    public int PingMilliseconds { get; init; } = 250;

    /// <summary>
    /// Silence after which a link's peer is taken for gone: its images begin again elsewhere, and if a probe finds
    /// nobody either, it is declared dead.
    /// </summary>
    [Setting("a peer from which nothing comes for so long is given up; if a probe finds nobody either, it is declared dead", Unit = "ms",
        Min = 200, Max = 60_000, Beside = "at least twice `PingMilliseconds`")]
    public int PeerSilenceMilliseconds { get; init; } = 1_500;

    /// <summary>
    /// Longest time one batch may take through all segments before its images begin again elsewhere. Once a replica has
    /// answered, ten times its slowest batch so far, but at least 10 s, if that is less.
    /// </summary>
    [Setting("longest time for one batch through all segments before its images begin again; once a replica has answered, ten times its "
        + "slowest batch, at least 10 s, if that is less", Unit = "ms", Min = 1_000, Max = 3_600_000)]
    public int BatchMilliseconds { get; init; } = 600_000;

    /// <summary>Certificates for silo, gateway and data plane; null: none.</summary>
    [Section]
    public TlsOptions? Tls { get; init; }

    /// <summary>Whether traffic may leave the machine unencrypted; else the grid stays on loopback without <see cref="Tls"/>.</summary>
    [Setting("lets the grid's ports speak plaintext beyond loopback")]
    public bool AllowPlaintext { get; init; }

    /// <summary>
    /// Whether this process runs in a Kubernetes pod: a silo is then named after its pod and dead when the pod is deleted, and id and
    /// address are the pod's (see the operations document).
    /// </summary>
    [Setting("takes name, address and id from the pod; a silo without a pod is declared dead")]
    public bool Kubernetes { get; init; }

    /// <summary>Whether there are other processes to meet.</summary>
    public bool IsClustered => Redis is not null;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(SettingPath path)
    {
        if (SiloPort != 0 && SiloPort == GatewayPort)
            yield return $"{path[nameof(SiloPort)]} and {path[nameof(GatewayPort)]} are both {SiloPort}; give them different ports, or 0 "
                + "for any free one";
        foreach (string fault in SettingPath.AtMost(
            path[nameof(ProbeMilliseconds)], ProbeMilliseconds, path[nameof(MaxProbeMilliseconds)], MaxProbeMilliseconds,
            "a probe would last longer than the longest"))
            yield return fault;
        if (PeerSilenceMilliseconds < 2 * PingMilliseconds)
            yield return $"{path[nameof(PeerSilenceMilliseconds)]} is {PeerSilenceMilliseconds}, below twice "
                + $"{path[nameof(PingMilliseconds)]} ({PingMilliseconds}): a live peer would be taken for gone; raise it";
        if (Kubernetes && !IsClustered)
            yield return $"{path[nameof(Kubernetes)]} is true without {path[nameof(Redis)]}; name the Redis that holds the membership";
    }

    private static bool IsPrefix(string text) => KeyPrefixForm.Accepts(text);

    private static bool IsId(string text) => IdForm().IsMatch(text);

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex IdForm();
}
