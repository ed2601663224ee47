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
/// does not know it) do no harm: the next one stands in a later term of the membership, so the older one's tables are below its own and its
/// incarnations have other epochs.
/// </summary>
[Reentrant, KeepAlive]
[SuppressMessage("Design", "CA1001", Justification = "Disposed when the grain is deactivated.")]
internal sealed partial class PlannerGrain(
    GridOptions options, IClusterMembershipService membership, MembershipRecord record, ILogger<PlannerGrain> logger) : Grain, IPlannerGrain
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RecordLimit = TimeSpan.FromSeconds(2);

    private readonly HashSet<StageCommand> _underWay = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly LedgerTimes _times = new(
        TimeSpan.FromSeconds(1.5), TimeSpan.FromMilliseconds(options.Shutdown.DrainMilliseconds), TimeSpan.FromSeconds(30));
    private GridLedger _ledger = null!;
    private TimeSpan _began;
    private bool _settled;
    private Task _proof = Task.CompletedTask;
    private bool _doubted;
    private GridTable _table = GridTable.Empty;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _ledger = new(Random.Shared.Next(1 << 28), _times);
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
        if (_ledger.Hear(report, TimeProvider.System.Now()) || report.TableVersion > _table.Version)
            await Step(_ended.Token);
        return _table;
    }

    public async Task<GridTable> WatchAsync(long version, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // A front end may know the table of a planner that no worker has heard of.
        if (version > _table.Version)
            _ledger.Hear(version);
        if (_table.Version <= version)
            await _next.Task.WaitAsync(timeout, cancellationToken).ConfigureAwait(
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

    public Task<ImmutableArray<NodeLoad>> LoadsAsync() => Task.FromResult(_ledger.Loads);

    private Task Step(CancellationToken cancellationToken)
    {
        ClusterMembershipSnapshot known = membership.CurrentSnapshot;
        _settled |= IsSettled(known);
        LedgerStep step = _ledger.Step(TimeProvider.System.Now(), MembersOf(known), _settled);
        if (_ledger.IsOutranked && _proof.IsCompleted)
            _proof = ProveAsync(cancellationToken);
        foreach (StageCommand command in step.Commands)
            _ = FollowAsync(command);
        if (step.Table.Version > _table.Version)
            Publish(step.Table);
        return Task.CompletedTask;
    }

    private static KnownMembers MembersOf(ClusterMembershipSnapshot known) => new(
        known.Version.Value,
        [
            .. known.Members.Values
                .Where(member => member.Status is not (SiloStatus.Dead or SiloStatus.None))
                .Select(member => member.SiloAddress.ToParsableString()),
        ]);

    /// <summary>Every active silo has reported, or those that have not had their time.</summary>
    private bool IsSettled(ClusterMembershipSnapshot known) => TimeProvider.System.Now() - _began >= SettleLimit
        || known.Members.Values
            .Where(member => member.Status == SiloStatus.Active)
            .All(member => _ledger.Knows(member.SiloAddress.ToParsableString()));

    /// <summary>Another planner's table was heard of: only the membership's record tells which of the two goes on.</summary>
    private async Task ProveAsync(CancellationToken cancellationToken)
    {
        if (!_doubted)
            LogDoubted(this.RuntimeIdentity);
        _doubted = true;
        try
        {
            Standing standing = await record.ReadAsync(cancellationToken).WaitAsync(RecordLimit, cancellationToken);
            if (standing != Standing.Member)
                return;
            _ledger.Prove();
            _doubted = false;
            LogProven(this.RuntimeIdentity);
        }
        catch (Exception exception)
        {
            // Asked again at the next step.
            LogNotProven(this.RuntimeIdentity, exception.Message);
        }
    }

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

    [LoggerMessage(5011, LogLevel.Information, "The planner begins on silo {Silo}")]
    private partial void LogBegan(string silo);

    [LoggerMessage(5012, LogLevel.Information, "The planner ends on silo {Silo}")]
    private partial void LogEnded(string silo);

    [LoggerMessage(5013, LogLevel.Information, "Table {Version}: {Nodes} workers, {Replicas} replicas serve")]
    private partial void LogTable(long version, int nodes, int replicas);

    [LoggerMessage(5014, LogLevel.Warning, "Stage {Stage} on {Node} could not be told: {Reason}")]
    private partial void LogNotFollowed(StageKey stage, string node, string reason);

    [LoggerMessage(5015, LogLevel.Warning, "The planner on silo {Silo} heard of a table above its own; "
        + "it decides nothing until the membership says that its silo lives")]
    private partial void LogDoubted(string silo);

    [LoggerMessage(5016, LogLevel.Information, "The planner on silo {Silo} goes on above the table it heard of: "
        + "the membership holds its silo for alive")]
    private partial void LogProven(string silo);

    [LoggerMessage(5017, LogLevel.Debug, "The membership could not be asked for silo {Silo}: {Reason}")]
    private partial void LogNotProven(string silo, string reason);
}
