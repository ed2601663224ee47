namespace VitGrid.Cluster.Tests.Grid;

/// <summary>Holds whoever comes until it is opened; tells when somebody has come. For device threads, which may block.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Arrived => _arrived.Task.WaitAsync(TestGrid.Patience);

    public void Open() => _open.TrySetResult();

    public void Pass()
    {
        _arrived.TrySetResult();
        if (!_open.Task.Wait(TestGrid.Patience))
            throw new TimeoutException("the gate was never opened");
    }
}
