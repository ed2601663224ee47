using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Caching.Flights;

/// <summary>One front end's place in one key's flight. What the grain does not hear is not repeated: a lease ends by itself.</summary>
internal sealed class FlightPass(IFlightGrain grain, string key)
{
    private readonly Guid _ticket = Guid.NewGuid();

    public async Task<FlightTurn> JoinAsync(TimeSpan timeout, CancellationToken leave) =>
        await grain.JoinAsync(key, _ticket, timeout, leave);

    public Task RenewAsync() => TellAsync(() => grain.RenewAsync(key, _ticket));

    public Task LandAsync(FlightLanding landing) => TellAsync(() => grain.LandAsync(key, _ticket, landing));

    /// <summary>Whether the grain is there; it looks after the leader's lease then.</summary>
    public async Task<bool> IsWatchedAsync(TimeSpan bound, TimeProvider time)
    {
        Task watched = AskAsync(() => grain.WatchAsync(key));
        await watched.WaitAsync(bound, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return watched.IsCompletedSuccessfully;
    }

    /// <summary>A lead that comes when nobody wants it any more goes to the next one.</summary>
    public async Task GiveBackAsync(Task<FlightTurn> join)
    {
        await ((Task)join).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (join is { IsCompletedSuccessfully: true, Result.Leads: true })
            await LandAsync(new(null));
    }

    private static async Task TellAsync(Func<Task> call) => await AskAsync(call).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>A call that cannot even be sent fails like one that is not answered.</summary>
    private static async Task AskAsync(Func<Task> call) => await call();
}
