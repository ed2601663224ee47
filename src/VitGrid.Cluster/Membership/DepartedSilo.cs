namespace VitGrid.Cluster.Membership;

/// <summary>How an attempt to reach a silo ended.</summary>
internal enum Reach
{
    /// <summary>Somebody took the connection.</summary>
    Answered,

    /// <summary>The machine is there, and nobody listens at that port; or a firewall says so.</summary>
    Refused,

    /// <summary>Nothing came back in time, or there is no way to it.</summary>
    Silent,
}

/// <summary>
/// Decides whether a silo that the membership lists is gone without having said so. Knows no clock: what a silo writes as its time is
/// only compared with what it wrote before.
/// </summary>
internal static class DepartedSilo
{
    /// <summary>Heartbeat that every silo writes into the membership.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(3);

    /// <summary>Three heartbeats that did not come: nobody waits longer for one who cannot be reached either.</summary>
    public static readonly TimeSpan MaxSilence = 3 * Heartbeat;

    /// <summary>
    /// Whether it is gone. Of this machine, a refused port is proof. Of another one it may be a firewall between the two, so its signs of
    /// life have to stop as well.
    /// </summary>
    /// <param name="reach">How the last attempt ended.</param>
    /// <param name="isOfThisMachine">Whether its address is one of this machine's.</param>
    /// <param name="silence">For how long it has given no heartbeat while it was looked at.</param>
    public static bool IsGone(Reach reach, bool isOfThisMachine, TimeSpan silence) => reach switch
    {
        Reach.Answered => false,
        Reach.Refused when isOfThisMachine => true,
        _ => silence >= MaxSilence,
    };

    /// <summary>Whether a row says that its silo takes part, and so has to be reached.</summary>
    public static bool TakesPart(SiloStatus status) =>
        status is SiloStatus.Joining or SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping;
}
