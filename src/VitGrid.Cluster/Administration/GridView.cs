using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Options;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Administration;

/// <summary>The grid as this process of it sees it, for people who watch. Any thread may ask.</summary>
public sealed class GridView
{
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(4);

    private readonly GridOptions _options;
    private readonly TableStore _table;
    private readonly IGrainFactory _grains;

    internal GridView(GridOptions options, TableStore table, IGrainFactory grains) =>
        (_options, _table, _grains) = (options, table, grains);

    /// <summary>Whether it is more than one process, so that a worker can be drained.</summary>
    public bool IsClustered => _options.Cluster.IsClustered;

    /// <summary>The newest table that this process knows; no question is asked.</summary>
    public GridStatus Status() => GridStatus.From(_table.Current);

    /// <summary>What the workers did when they last reported to the planner; one question to it.</summary>
    /// <exception cref="TimeoutException">The planner does not answer.</exception>
    public async Task<IReadOnlyList<WorkerActivity>> LoadsAsync(CancellationToken cancellationToken) =>
    [
        .. (await _grains.GetGrain<IPlannerGrain>(0).LoadsAsync().WaitAsync(Lost, cancellationToken)).Select(WorkerActivity.From),
    ];

    /// <summary>Asks a worker to finish what it has, hand its stages over and end its process.</summary>
    /// <returns>False when the grid has no worker of that name.</returns>
    /// <exception cref="GridConfigurationException">This process may not ask that.</exception>
    public async Task<bool> DrainAsync(string node, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (!IsClustered)
            throw new GridConfigurationException(["this grid is one process: stop it with SIGTERM, which drains it"]);
        if (_options.Cluster.Tls?.Files().IsFrontEnds() == true)
            throw new GridConfigurationException(
                [
                    $"VitGrid:Cluster:Tls:Certificate is '{_options.Cluster.Tls.Certificate}', a front end's, and workers let it drain "
                        + "nobody; use 'vitgrid cluster drain' with another certificate",
                ]);
        return await _grains.GetGrain<IPlannerGrain>(0).DrainAsync(node).WaitAsync(Lost, cancellationToken);
    }
}

/// <summary>What a worker did when it last reported.</summary>
/// <param name="Node">The worker's name.</param>
/// <param name="At">Seconds on its own clock, which only measures.</param>
/// <param name="Stages">Its stages at work.</param>
/// <param name="Queues">What waits at its heads.</param>
public sealed record WorkerActivity(string Node, double At, IReadOnlyList<StageActivity> Stages, IReadOnlyList<QueueLength> Queues)
{
    internal static WorkerActivity From(NodeLoad load) => new(
        load.Node,
        load.Load.At,
        [.. load.Load.Stages.Select(stage => new StageActivity(
            stage.Model, stage.Replica, stage.Epoch, stage.Segment, stage.Device, stage.Busy, stage.InFlight)
        {
            Flow = new(stage.Batches, stage.Images, stage.Bytes),
        })],
        [.. load.Load.Queues.Select(queue => new QueueLength(queue.Model, queue.Interactive, queue.Bulk))]);
}

/// <summary>A stage at work.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Replica">The replica's number.</param>
/// <param name="Epoch">Its incarnation.</param>
/// <param name="Segment">Which of its segments.</param>
/// <param name="Device">The device it is on.</param>
/// <param name="Busy">Seconds that it has kept its device busy in all.</param>
/// <param name="InFlight">Batches it holds.</param>
public sealed record StageActivity(string Model, int Replica, long Epoch, int Segment, string Device, double Busy, int InFlight)
{
    /// <summary>What came into it in all; nothing from a worker of an earlier version.</summary>
    public StageFlow Flow { get; init; }
}

/// <summary>Images of a model that wait.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Interactive">In the interactive lane.</param>
/// <param name="Bulk">In the bulk lane.</param>
public sealed record QueueLength(string Model, int Interactive, int Bulk);
