using VitGrid.Cluster.Administration;
using VitGrid.Engine.FrontEnd;

namespace VitGrid.Page.Grid;

/// <summary>The grid at one moment, as all pages of a process show it. Immutable.</summary>
/// <param name="At">When it was taken.</param>
/// <param name="Status">Workers, models and replicas.</param>
/// <param name="Stages">How busy each segment is.</param>
/// <param name="Queues">What waits, by model.</param>
/// <param name="Rates">What this process has answered.</param>
/// <param name="Events">What happened last, the newest first.</param>
public sealed record GridSnapshot(
    DateTimeOffset At, GridStatus Status, IReadOnlyList<StageLoad> Stages, IReadOnlyList<QueueLength> Queues, RateSummary Rates,
    IReadOnlyList<GridEvent> Events)
{
    /// <summary>Whether a worker can be drained from here: the grid is more than one process.</summary>
    public bool CanDrain { get; init; }

    /// <summary>Why nothing is known of the workers' load at present; null where it is.</summary>
    public string? LoadProblem { get; init; }

    /// <summary>How long the next image would take, by model, as this process forecasts it.</summary>
    public IReadOnlyList<NextImage> Forecasts { get; init; } = [];

    /// <summary>The load of a segment; null: it is not at work, or nothing is known of it.</summary>
    public StageLoad? Find(string model, ReplicaStatus replica, StageStatus stage) => Stages.FirstOrDefault(load =>
        load.Node == stage.Node && load.Model == model && load.Replica == replica.Replica && load.Epoch == replica.Epoch
        && load.Segment == stage.Segment);
}

/// <summary>How busy a segment is.</summary>
/// <param name="Node">The worker.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Replica">The replica's number.</param>
/// <param name="Epoch">Its incarnation.</param>
/// <param name="Segment">Which of its segments.</param>
/// <param name="Ratio">Part of the time since the last report, 0 to 1.</param>
/// <param name="InFlight">Batches it holds.</param>
public sealed record StageLoad(string Node, string Model, int Replica, long Epoch, int Segment, double Ratio, int InFlight)
{
    /// <summary>What came into it per second since the last report.</summary>
    public FlowRate In { get; init; }
}

/// <summary>What flows over an arrow, per second.</summary>
/// <param name="Batches">Batches.</param>
/// <param name="Images">Images in them.</param>
/// <param name="Bytes">Bytes of them.</param>
public readonly record struct FlowRate(double Batches, double Images, double Bytes);

/// <summary>Something that happened in the grid.</summary>
/// <param name="At">When this process heard of it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">A sentence.</param>
public sealed record GridEvent(DateTimeOffset At, GridEventKind Kind, string Text);

/// <summary>What an event is.</summary>
public enum GridEventKind
{
    /// <summary>A plan is made or followed.</summary>
    Planning,

    /// <summary>A worker came, leaves or has left.</summary>
    Worker,

    /// <summary>Something failed.</summary>
    Failure,
}
