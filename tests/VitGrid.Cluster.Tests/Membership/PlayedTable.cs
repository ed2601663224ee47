using System.Net;

namespace VitGrid.Cluster.Tests.Membership;

/// <summary>A membership table in memory that can be away: what is asked then never ends.</summary>
internal sealed class PlayedTable : IMembershipTable
{
    private readonly TaskCompletionSource _never = new();
    private readonly List<Tuple<MembershipEntry, string>> _rows = [];
    private int _version;

    public bool IsAway { get; set; }

    /// <summary>Called before each read.</summary>
    public Action? Reading { get; set; }

    public int Questions { get; private set; }

    public MembershipEntry this[int row] => _rows[row].Item1;

    public MembershipEntry Add(IPEndPoint endpoint, SiloStatus status = SiloStatus.Active)
    {
        MembershipEntry entry = new()
        {
            SiloAddress = SiloAddress.New(endpoint, 1 + _rows.Count), Status = status, HostName = "host", SiloName = "silo",
            StartTime = DateTime.UnixEpoch, IAmAliveTime = DateTime.UnixEpoch,
        };
        _rows.Add(new(entry, "0"));
        return entry;
    }

    public async Task<MembershipTableData> ReadAll()
    {
        Reading?.Invoke();
        await AskedAsync();
        return new(_rows, new(_version, $"{_version}"));
    }

    public async Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion)
    {
        await AskedAsync();
        _version = tableVersion.Version;
        return true;
    }

    public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => UpdateRow(entry, "0", tableVersion);

    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadAll();

    public Task UpdateIAmAlive(MembershipEntry entry) => AskedAsync();

    public Task DeleteMembershipTableEntries(string clusterId) => Task.CompletedTask;

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Task.CompletedTask;

    private Task AskedAsync()
    {
        Questions++;
        return IsAway ? _never.Task : Task.CompletedTask;
    }
}
