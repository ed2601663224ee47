using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Planning.Ledger;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Grains;

/// <summary>
/// Gives the <see cref="GridLedger"/> its clock, its membership and its hands. It keeps nothing on disk: when its silo dies, the next one
/// learns from the workers' reports what is loaded, and goes on from there. Two planners at once (one in a silo that was declared dead and
/// does not know it) do no harm: the other's table has a lower version, and its incarnations other epochs.
/// </summary>
[Reentrant, KeepAlive]
[SuppressMessage("Design", "CA1001", Justification = "Disposed when the grain is deactivated.")]
internal sealed partial class PlannerGrain(
    GridOptions options, IClusterMembershipService membership, ILogger<PlannerGrain> logger) : Grain, IPlannerGrain
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(1);

    private readonly HashSet<StageCommand> _underWay = [];
    private readonly CancellationTokenSource _ended = new();
    private GridLedger _ledger = null!;
    private TimeSpan _began;
    private bool _settled;
    private GridTable _table = GridTable.Empty;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        LedgerTimes times = new(
            TimeSpan.FromSeconds(1.5), TimeSpan.FromMilliseconds(options.Shutdown.DrainMilliseconds), TimeSpan.FromSeconds(30));
        // The wall clock puts a planner that finds no report above all that came before it.
        _ledger = new(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), times);
        _began = TimeProvider.System.Now();
        this.RegisterGrainTimer(Step, new GrainTimerCreationOptions(Beat, Beat) { Interleave = true, KeepAlive = true });
        _ = FollowMembershipAsync();
        LogBegan(this.RuntimeIdentity);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _ended.Cancel();
        _ended.Dispose();
        return Task.CompletedTask;
    }

    public async Task<GridTable> ReportAsync(WorkerReport report)
    {
        if (_ledger.Hear(report, TimeProvider.System.Now()))
            await Step(_ended.Token);
        return _table;
    }

    public async Task<GridTable> WatchAsync(long version, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_table.Version <= version)
            await _next.Task.WaitAsync(patience, cancellationToken).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return _table;
    }

    public async Task<bool> DrainAsync(string node)
    {
        bool known = _ledger.AskToLeave(node);
        if (known)
            await Step(_ended.Token);
        return known;
    }

    private Task Step(CancellationToken cancellationToken)
    {
        string[] alive = [.. membership.CurrentSnapshot.Members.Values.Where(
            member => member.Status is not (SiloStatus.Dead or SiloStatus.None)).Select(member => member.SiloAddress.ToParsableString())];
        _settled |= IsSettled();
        LedgerStep step = _ledger.Step(TimeProvider.System.Now(), alive, _settled);
        foreach (StageCommand command in step.Commands)
            _ = FollowAsync(command);
        if (step.Table.Version > _table.Version)
            Publish(step.Table);
        return Task.CompletedTask;
    }

    /// <summary>Every active silo has reported, or those that have not had their time.</summary>
    private bool IsSettled() => TimeProvider.System.Now() - _began >= SettleLimit
        || membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).All(
            member => _ledger.Knows(member.SiloAddress.ToParsableString()));

    private void Publish(GridTable table)
    {
        _table = table;
        TaskCompletionSource reached = _next;
        _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        reached.SetResult();
        LogTable(table.Version, table.Nodes.Length, table.Models.Sum(
            model => model.Replicas.Count(replica => replica.State == ReplicaState.Serving)));
    }

    private async Task FollowAsync(StageCommand command)
    {
        if (!_underWay.Add(command))
            return;
        try
        {
            ISegmentGrain segment = GrainFactory.GetGrain<ISegmentGrain>(
                new SegmentGrainKey(command.Stage, SiloAddress.FromParsableString(command.Node)).ToString());
            await (command.Layout is { } layout ? segment.EnsureAsync(layout) : segment.ReleaseAsync());
        }
        catch (Exception exception)
        {
            // Said again at the next step, unless the plan has changed by then.
            LogNotFollowed(command.Stage, command.Node, exception.Message);
        }
        finally
        {
            _underWay.Remove(command);
        }
    }

    private async Task FollowMembershipAsync()
    {
        try
        {
            await foreach (ClusterMembershipSnapshot _ in membership.MembershipUpdates.WithCancellation(_ended.Token))
                await Step(_ended.Token);
        }
        catch (OperationCanceledException)
        {
            LogEnded(this.RuntimeIdentity);
        }
    }

    [LoggerMessage(LogLevel.Information, "The planner begins on silo {Silo}")]
    private partial void LogBegan(string silo);

    [LoggerMessage(LogLevel.Information, "The planner ends on silo {Silo}")]
    private partial void LogEnded(string silo);

    [LoggerMessage(LogLevel.Information, "Table {Version}: {Nodes} workers, {Replicas} replicas serve")]
    private partial void LogTable(long version, int nodes, int replicas);

    [LoggerMessage(LogLevel.Warning, "Stage {Stage} on {Node} could not be told: {Reason}")]
    private partial void LogNotFollowed(StageKey stage, string node, string reason);
}
