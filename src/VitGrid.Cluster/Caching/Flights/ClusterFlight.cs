using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Caching.Flights;

/// <summary>
/// Equal images at several front ends at once are computed by one of them. A saving, never a condition: when the grain does not answer
/// within
/// <paramref name="bound"/>, when whoever computes falls silent, or when half of a caller's time or twenty seconds are gone, it
/// computes itself.
/// </summary>
internal sealed class ClusterFlight(Func<int, IFlightGrain> find, TimeSpan bound, TimeProvider time) : ISharedFlight
{
    /// <summary>Grains among which keys are spread.</summary>
    public const int Grains = 64;

    /// <summary>Silence after which a front end that computes is given up by those that wait for it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    // A grain call that lasts longer is a sign of trouble to Orleans.
    private static readonly TimeSpan MaxJoin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenWatches = Lease / 4;
    private static readonly TimeSpan BetweenRenewals = Lease / 2;
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(1);

    private long _notBefore;

    /// <summary>The vector that another front end computes, or what <paramref name="compute"/> gives.</summary>
    /// <param name="key">The vector's.</param>
    /// <param name="remaining">Time that the caller has.</param>
    /// <param name="compute">Computes here.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    public async Task<Computed> RunAsync(EmbeddingKey key, TimeSpan remaining, ComputeVector compute, CancellationToken cancellationToken)
    {
        TimeSpan began = time.Now();
        if (remaining / 2 < bound || began.Ticks < Interlocked.Read(ref _notBefore))
            return await compute(cancellationToken);
        FlightPass pass = new(find((int)((uint)key.DigestLow % Grains)), key.ToString());
        FlightTurn? turn = await JoinAsync(pass, remaining / 2 < MaxJoin ? remaining / 2 : MaxJoin, cancellationToken);
        if (turn is { Leads: true })
            return await LeadAsync(pass, compute, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return turn?.Vector is { } vector && key.Objection(vector) is null
            ? new(vector, false, default, time.Now() - began, default) { Origin = turn.Origin }
            : await compute(cancellationToken);
    }

    /// <summary>Null when the grain is not there: what it answers later is not heard.</summary>
    private async Task<FlightTurn?> JoinAsync(FlightPass pass, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<FlightTurn> join = pass.JoinAsync(timeout, leave.Token);
        for (TimeSpan pause = bound / 2; ; pause = BetweenWatches)
        {
            await ((Task)join.WaitAsync(pause, time, cancellationToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (join.IsCompletedSuccessfully)
                return await join;
            if (!join.IsCompleted && !cancellationToken.IsCancellationRequested && await pass.IsWatchedAsync(bound / 2, time))
                continue;
            if (!cancellationToken.IsCancellationRequested)
                Interlocked.Exchange(ref _notBefore, (time.Now() + AfterTrouble).Ticks);
            await leave.CancelAsync();
            _ = pass.GiveBackAsync(join);
            return null;
        }
    }

    private async Task<Computed> LeadAsync(FlightPass pass, ComputeVector compute, CancellationToken cancellationToken)
    {
        using CancellationTokenSource landed = new();
        _ = RenewAsync(pass, landed.Token);
        FlightLanding landing = new(null);
        try
        {
            Computed computed = await compute(cancellationToken);
            landing = FlightLanding.From(computed);
            return computed;
        }
        finally
        {
            await landed.CancelAsync();
            _ = pass.LandAsync(landing);
        }
    }

    private async Task RenewAsync(FlightPass pass, CancellationToken landed)
    {
        while (!landed.IsCancellationRequested)
        {
            await Task.Delay(BetweenRenewals, time, landed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!landed.IsCancellationRequested)
                await pass.RenewAsync();
        }
    }
}
