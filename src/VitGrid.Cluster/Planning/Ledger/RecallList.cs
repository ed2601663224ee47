using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Caching;

namespace VitGrid.Cluster.Planning.Ledger;

/// <summary>
/// The recalls that workers' reports lead to, the newest ones. A worker repeats them while its device is sick; they stay when it is gone,
/// for as long as this planner lives. Clock-free, one owner.
/// </summary>
internal sealed class RecallList
{
    /// <summary>All of them, the oldest first.</summary>
    public ImmutableArray<RecallRow> All { get; private set; } = [];

    /// <summary>Takes over what a report says.</summary>
    public void Hear(WorkerReport report)
    {
        foreach (RecallRow recall in report.SickDevices.Select(sick => sick.Recall(report.Address.Node)).OfType<RecallRow>())
        {
            if (!All.Contains(recall))
                All = [.. All.Append(recall).TakeLast(VectorRecalls.MaxHeld)];
        }
    }
}
