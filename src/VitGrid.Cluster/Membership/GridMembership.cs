using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Membership;

/// <summary>
/// The membership's table as a silo is to meet it: without those that are gone when it joins, and never in its way when it leaves.
/// Orleans would try for two minutes to write a goodbye into a Redis that is away; here it is let go, and the others find out by their
/// probes.
/// </summary>
internal sealed partial class GridMembership(
    IMembershipTable table,
    DepartedSilos departed,
    IHostApplicationLifetime lifetime,
    [FromKeyedServices(GridClock.Key)] TimeProvider time,
    ILogger<GridMembership> logger) : IMembershipTable
{
    /// <summary>Longest time that a question to the table may take once this silo leaves.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    private volatile MembershipTableData? _last;
    private volatile bool _isAway;

    public async Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken)
    {
        await table.InitializeMembershipTableAsync(tryInitTableVersion, cancellationToken);
        await departed.DeclareDeadAsync(table, cancellationToken);
    }

    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken) =>
        _last = await AskAsync(() => table.ReadAllAsync(cancellationToken), () => _last!);

    public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken) =>
        AskAsync(() => table.ReadRowAsync(key, cancellationToken), () => _last!);

    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken) =>
        AskAsync(() => table.InsertRowAsync(entry, tableVersion, cancellationToken), () => Remember(entry, tableVersion));

    public Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken) =>
        AskAsync(() => table.UpdateRowAsync(entry, etag, tableVersion, cancellationToken), () => Remember(entry, tableVersion));

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken) => AskAsync(
        async () =>
        {
            await table.UpdateIAmAliveAsync(entry, cancellationToken);
            return true;
        },
        () => true);

    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken) =>
        table.DeleteMembershipTableEntriesAsync(clusterId, cancellationToken);

    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken) =>
        table.CleanupDefunctSiloEntriesAsync(beforeDate, cancellationToken);

    public Task InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion, default);

    public Task<MembershipTableData> ReadAll() => ReadAllAsync(default);

    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key, default);

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion, default);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        UpdateRowAsync(entry, etag, tableVersion, default);

    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, default);

    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId, default);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate, default);

    /// <summary>
    /// Asks the table; a silo that leaves gets <paramref name="instead"/> where it does not answer in time, and from then on.
    /// </summary>
    private async Task<T> AskAsync<T>(Func<Task<T>> question, Func<T> instead)
    {
        if (_last is null || !lifetime.ApplicationStopping.IsCancellationRequested)
            return await question();
        if (_isAway)
            return instead();
        try
        {
            return await question().WaitAsync(AnswerLimit, time);
        }
        catch (Exception exception)
        {
            if (!_isAway)
                LogAway(exception is TimeoutException ? $"no answer within {AnswerLimit.TotalSeconds:0} s" : exception.Message);
            _isAway = true;
            return instead();
        }
    }

    /// <summary>What the leaving silo would have written, for itself.</summary>
    private bool Remember(MembershipEntry entry, TableVersion version)
    {
        IEnumerable<Tuple<MembershipEntry, string>> others = _last!.Members
            .Where(member => !member.Item1.SiloAddress.Equals(entry.SiloAddress));
        _last = new([.. others, new(entry, version.VersionEtag)], version);
        return true;
    }

    [LoggerMessage(5061, LogLevel.Warning,
        "The membership's Redis is away ({Reason}): this worker leaves without telling it, the others find out by themselves")]
    private partial void LogAway(string reason);
}
