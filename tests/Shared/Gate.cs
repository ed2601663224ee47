namespace VitGrid.Testing;

/// <summary>Holds whoever comes until it is opened; tells when somebody has come. For device threads, which may block.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Arrived => _arrived.Task.WaitAsync(Waits.Limit);

    public bool HasArrived => _arrived.Task.IsCompleted;

    public void Open() => _open.TrySetResult();

    public void Pass()
    {
        _arrived.TrySetResult();
        if (!_open.Task.Wait(Waits.Limit))
            throw new TimeoutException("the gate was never opened");
    }
}
