using VitGrid.Engine.Features;

namespace VitGrid.Engine.Replica;

/// <summary>
/// The answers of one batch so far. Stages answer from several threads. Disposed when nobody waits any more: what was not taken is freed.
/// </summary>
internal sealed class GatheredBatch(int images, IReadOnlyList<FeatureOrder>? orders = null) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly float[][] _vectors = new float[images][];
    private readonly FeatureGathering[]? _features = orders?.Select(order => new FeatureGathering(order.Blocks)).ToArray();
    private readonly TaskCompletionSource<BatchAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing = images;
    private bool _closed;

    /// <summary>Completes when every image has its vectors and features, or the batch failed.</summary>
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
            CompleteIfWhole();
        }
    }

    /// <summary>Takes features of some of its images, and owns them.</summary>
    public void Add(FeatureItems features)
    {
        lock (_gate)
        {
            foreach (FeatureItem item in features.Items)
            {
                if (_closed || _features is null || item.Item < 0 || item.Item >= _vectors.Length)
                    item.Content?.Dispose();
                else
                    _features[item.Item].Add(item);
            }
            CompleteIfWhole();
        }
    }

    /// <summary>Takes a piece of the features of one of its images, and owns it; false: it is none that is due.</summary>
    public bool Add(int item, FeaturePiece piece)
    {
        lock (_gate)
        {
            if (_closed || _features is null || item < 0 || item >= _vectors.Length)
            {
                piece.Content.Dispose();
                return _closed;
            }
            bool taken = _features[item].Add(piece);
            CompleteIfWhole();
            return taken;
        }
    }

    /// <summary>Ends it without an answer.</summary>
    public void Fail(Exception reason)
    {
        // Where a device broke on some images, those that have their vectors are answered.
        if (reason is ReplicaLostException { Loss: ReplicaLoss.DeviceBroke } && Some() is { } vectors)
            _answer.TrySetResult(new(vectors) { Failure = reason });
        else
            _answer.TrySetException(reason);
        // The batch may have ended otherwise: a failure nobody waits for is not unobserved.
        _ = _answer.Task.Exception;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            foreach (FeatureGathering features in _features ?? [])
                features.Dispose();
        }
    }

    /// <summary>Within the lock: who awaits the answer is told on another thread.</summary>
    private void CompleteIfWhole()
    {
        if (_missing > 0 || _closed || (_features is not null && Array.Exists(_features, features => features.Missing > 0)))
            return;
        // What was gathered is the answer's from now on.
        _closed = _answer.TrySetResult(new(_vectors) { Features = _features });
    }

    /// <summary>A copy of what there is; null when there is nothing, or when features are due as well.</summary>
    private float[][]? Some()
    {
        lock (_gate)
            return _features is null && _missing < _vectors.Length ? [.. _vectors] : null;
    }
}
