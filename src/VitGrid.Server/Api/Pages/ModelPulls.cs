namespace VitGrid.Server.Api.Pages;

/// <summary>How far a model is that a page had fetched.</summary>
/// <param name="Model">Its id on the hub; null: none was asked for.</param>
/// <param name="Files">Files that belong to it; 0: not known yet.</param>
/// <param name="DoneBytes">Bytes of them that are there.</param>
/// <param name="Bytes">Bytes of all.</param>
/// <param name="IsOver">Whether it has ended.</param>
/// <param name="Problem">Why it is not there; null: nothing is wrong.</param>
internal sealed record PullStatus(
    string? Model, int Files = 0, long DoneBytes = 0, long Bytes = 0, bool IsOver = false, string? Problem = null);

/// <summary>Fetches a model from the hub; tells how far that is.</summary>
internal delegate Task PullModel(string id, Action<PullStatus> tell, CancellationToken cancellationToken);

/// <summary>
/// Fetches models from the hub that pages ask for, one at a time, while their requests are long answered. Any thread may call.
/// </summary>
internal sealed class ModelPulls(IHostApplicationLifetime lifetime)
{
    private readonly Lock _gate = new();
    private volatile PullStatus _status = new(null, IsOver: true);

    /// <summary>How far the newest is.</summary>
    public PullStatus Status => _status;

    /// <summary>Begins with a model; false: another is being fetched.</summary>
    public bool TryBegin(string id, PullModel pull)
    {
        lock (_gate)
        {
            if (!_status.IsOver)
                return false;
            _status = new(id);
        }
        _ = Task.Run(() => PullAsync(id, pull), CancellationToken.None);
        return true;
    }

    /// <summary>Does not fail.</summary>
    private async Task PullAsync(string id, PullModel pull)
    {
        try
        {
            await pull(id, status => _status = status, lifetime.ApplicationStopping);
            _status = _status with { IsOver = true };
        }
        catch (Exception exception)
        {
            _status = _status with { IsOver = true, Problem = exception.Message };
        }
    }
}
