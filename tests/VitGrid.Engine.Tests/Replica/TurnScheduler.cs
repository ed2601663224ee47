namespace VitGrid.Engine.Tests.Replica;

/// <summary>Makes what follows from a call run in an order that repeats: turns run one by one, on the thread that asks for them.</summary>
internal sealed class TurnScheduler : TaskScheduler
{
    private readonly Queue<Task> _turns = new();

    /// <summary>Runs <paramref name="turn"/> and every turn that follows from it.</summary>
    public T Run<T>(Func<T> turn)
    {
        Task<T> first = Task.Factory.StartNew(turn, CancellationToken.None, TaskCreationOptions.None, this);
        RunAll();
        return first.GetAwaiter().GetResult();
    }

    /// <summary>Runs what waits.</summary>
    public void RunAll()
    {
        while (_turns.TryDequeue(out Task? turn))
            TryExecuteTask(turn);
    }

    protected override IEnumerable<Task> GetScheduledTasks() => _turns;

    protected override void QueueTask(Task task) => _turns.Enqueue(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;
}
