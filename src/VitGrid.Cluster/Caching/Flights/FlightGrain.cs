using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Caching.Flights;

/// <summary>
/// Gives a <see cref="FlightBoard"/> its clock and its place in the grid. What it holds is worth less than finding it again: it keeps
/// nothing.
/// </summary>
[Reentrant]
internal sealed class FlightGrain([FromKeyedServices(GridClock.Key)] TimeProvider time) : Grain, IFlightGrain
{
    private readonly FlightBoard _board = new(ClusterFlight.Lease);

    public async Task<FlightTurn> JoinAsync(string key, Guid ticket, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Task<FlightTurn> turn = _board.Join(key, ticket, time.Now());
        try
        {
            return await turn.WaitAsync(timeout, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            _board.Leave(key, ticket, time.Now());
            return FlightTurn.None;
        }
    }

    public Task RenewAsync(string key, Guid ticket)
    {
        _board.Renew(key, ticket, time.Now());
        return Task.CompletedTask;
    }

    public Task LandAsync(string key, Guid ticket, FlightLanding landing)
    {
        _board.Land(key, ticket, landing.Turn(), time.Now());
        return Task.CompletedTask;
    }

    public Task WatchAsync(string key)
    {
        _board.Expire(key, time.Now());
        return Task.CompletedTask;
    }
}
