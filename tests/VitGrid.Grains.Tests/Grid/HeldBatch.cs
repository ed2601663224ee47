using VitGrid.Grains.Contracts;

namespace VitGrid.Grains.Tests.Grid;

/// <summary>Holds batches on their way to a segment, without blocking a thread: after they were formed, before their pixels are read.</summary>
internal sealed class HeldBatch : IIncomingGrainCallFilter
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Arrived => _arrived.Task.WaitAsync(TestGrid.Patience);

    public void Open() => _open.SetResult();

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType == typeof(ISegmentGrain))
        {
            _arrived.TrySetResult();
            await _open.Task.WaitAsync(TestGrid.Patience);
        }
        await context.Invoke();
    }
}
