namespace VitGrid.Engine.Replica;

/// <summary>The answers of one batch so far. Stages answer from several threads.</summary>
internal sealed class GatheredBatch(int images)
{
    private readonly Lock _gate = new();
    private readonly float[][] _vectors = new float[images][];
    private readonly TaskCompletionSource<BatchAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing = images;

    /// <summary>Completes when every image has its vectors, or the batch failed.</summary>
    public Task<BatchAnswer> Answer => _answer.Task;

    /// <summary>Takes vectors of some of its images.</summary>
    public void Add(PooledItems pooled)
    {
        lock (_gate)
        {
            for (int i = 0; i < pooled.Items.Length; i++)
            {
                if (_vectors[pooled.Items[i]] is null)
                    _missing--;
                _vectors[pooled.Items[i]] = pooled.ClsThenMean[i];
            }
            if (_missing > 0)
                return;
        }
        _answer.TrySetResult(new(_vectors));
    }

    /// <summary>Ends it without an answer.</summary>
    public void Fail(Exception reason)
    {
        _answer.TrySetException(reason);
        // The batch may have ended otherwise: a failure nobody waits for is not unobserved.
        _ = _answer.Task.Exception;
    }
}
