using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Membership;

/// <summary>
/// Before a silo joins: declares those dead that the membership still lists and that are gone, as after a crash of all of them. Orleans
/// waits for as long as their last heartbeat counts, 90 s by its defaults, and tries to reach them meanwhile.
/// </summary>
internal sealed partial class DepartedSilos(
    ILocalSiloDetails self, [FromKeyedServices(GridClock.Key)] TimeProvider time, ILogger<DepartedSilos> logger)
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly HashSet<IPAddress> _own = [IPAddress.Loopback, IPAddress.IPv6Loopback, .. OwnAddresses()];
    private readonly Dictionary<SiloAddress, (DateTime Sign, TimeSpan Since)> _seen = [];
    private readonly HashSet<SiloAddress> _alive = [];

    /// <summary>Tries to reach a silo.</summary>
    public Func<IPEndPoint, Task<Reach>> TryReach { get; init; } = ReachAsync;

    /// <summary>Looks until every listed silo either answers, gives a heartbeat, or is declared dead; 10 s at most.</summary>
    public async Task DeclareDeadAsync(IMembershipTable table, CancellationToken cancellationToken)
    {
        while (true)
        {
            MembershipTableData data = await table.ReadAllAsync(cancellationToken);
            MembershipEntry[] unclear = [.. data.Members.Select(member => member.Item1).Where(IsUnclear)];
            if (unclear.Length == 0)
                return;
            bool[] isGone = await Task.WhenAll(unclear.Select(IsGoneAsync));
            if (unclear.Zip(isGone).FirstOrDefault(pair => pair.Second).First is { } gone)
                await DeclareDeadAsync(table, data, gone, cancellationToken);
            else if (unclear.Any(IsUnclear))
                await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>Whether it takes part, has not answered, and has written no heartbeat since it was first seen.</summary>
    private bool IsUnclear(MembershipEntry entry)
    {
        bool isOwn = entry.SiloAddress.Endpoint.Equals(self.SiloAddress.Endpoint);
        if (isOwn || !DepartedSilo.TakesPart(entry.Status) || _alive.Contains(entry.SiloAddress))
            return false;
        _seen.TryAdd(entry.SiloAddress, (entry.IAmAliveTime, time.Now()));
        return _seen[entry.SiloAddress].Sign == entry.IAmAliveTime;
    }

    private async Task<bool> IsGoneAsync(MembershipEntry entry)
    {
        Reach reach = await TryReach(entry.SiloAddress.Endpoint);
        if (reach == Reach.Answered)
            lock (_alive)
                _alive.Add(entry.SiloAddress);
        bool isOfThisMachine = _own.Contains(entry.SiloAddress.Endpoint.Address);
        return DepartedSilo.IsGone(reach, isOfThisMachine, time.Now() - _seen[entry.SiloAddress].Since);
    }

    /// <summary>Somebody else may change the table at the same time: then it is read again.</summary>
    private async Task DeclareDeadAsync(
        IMembershipTable table, MembershipTableData data, MembershipEntry gone, CancellationToken cancellationToken)
    {
        (MembershipEntry entry, string etag) = data.TryGet(gone.SiloAddress)!;
        entry.AddSuspector(self.SiloAddress, DateTime.UtcNow);
        entry.Status = SiloStatus.Dead;
        if (await table.UpdateRowAsync(entry, etag, data.Version.Next(), cancellationToken))
            LogGone(gone.SiloAddress.Endpoint);
    }

    private static async Task<Reach> ReachAsync(IPEndPoint endpoint)
    {
        using Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using CancellationTokenSource limit = new(ConnectLimit);
        try
        {
            await socket.ConnectAsync(endpoint, limit.Token);
            return Reach.Answered;
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return Reach.Refused;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            return Reach.Silent;
        }
    }

    private static IEnumerable<IPAddress> OwnAddresses() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address);

    [LoggerMessage(5051, LogLevel.Information, "The worker at {Endpoint} ended without leaving the grid; it is declared dead")]
    private partial void LogGone(IPEndPoint endpoint);
}
