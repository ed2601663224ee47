using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Hosting.Shutdown;

/// <summary>
/// Counts the embedding requests inside and, once the drain has begun, lets no more in. One way: open, draining, cut.
/// </summary>
internal sealed class DrainGate : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cut = new();
    private int _inside;
    private bool _draining;

    public static ApiError Refusal { get; } = new(ApiCode.Draining, RefusalText.Draining);

    public bool IsDraining
    {
        get
        {
            lock (_lock)
                return _draining;
        }
    }

    public int Inside
    {
        get
        {
            lock (_lock)
                return _inside;
        }
    }

    /// <summary>Cancelled when waiting for the accepted requests is given up.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Lets a request in; it stays inside until the pass is disposed.</summary>
    /// <exception cref="ApiException">The drain has begun.</exception>
    public Pass Enter()
    {
        lock (_lock)
        {
            if (_draining)
                throw new ApiException(Refusal);
            _inside++;
        }
        return new Pass(this);
    }

    /// <summary>Closes the gate; completes when the last accepted request has left. May be called again.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
        {
            _draining = true;
            if (_inside == 0)
                _empty.TrySetResult();
        }
        return _empty.Task;
    }

    /// <summary>Cancels the requests still inside.</summary>
    public Task CutAsync() => _cut.CancelAsync();

    public void Dispose() => _cut.Dispose();

    private void Leave()
    {
        lock (_lock)
        {
            _inside--;
            if (_draining && _inside == 0)
                _empty.TrySetResult();
        }
    }

    /// <summary>A request's stay; to be disposed once.</summary>
    public readonly struct Pass(DrainGate gate) : IDisposable
    {
        public void Dispose() => gate.Leave();
    }
}
