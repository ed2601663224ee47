using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Segments;

/// <summary>A stage that this process was given, from the order to load it until it was freed.</summary>
/// <param name="layout">The incarnation it belongs to.</param>
/// <param name="segment">Which of its stages.</param>
internal sealed class HostedStage(ReplicaLayout layout, int segment)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReplicaLayout Layout => layout;

    public int Segment => segment;

    public StageKey Key { get; } = new(layout.Key, segment);

    public StageState State { get; private set; }

    public string? Problem { get; private set; }

    /// <summary>At work; null while it is loaded or when that failed.</summary>
    public Stage? Stage { get; private set; }

    /// <summary>It is not wanted any more, even if it is still being loaded.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>Completes when nothing of it is left.</summary>
    public Task Ended => _ended.Task;

    public void Loaded(Stage stage)
    {
        Stage = stage;
        State = StageState.Ready;
    }

    public void Failed(string problem)
    {
        Problem = problem;
        State = StageState.Failed;
    }

    /// <summary>False when it was released before.</summary>
    public bool TryRelease() => !IsReleased && (IsReleased = true);

    public void End() => _ended.TrySetResult();

    public StageReport Report() => new(layout, segment, State, Problem, Stage?.InFlight ?? 0);
}
