using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Caching.Flights;

/// <summary>
/// Equal images at several doors at once are computed by one of them. A saving, never a condition: when the grain does not answer within
/// <paramref name="bound"/>, when whoever computes falls silent, or when half of a caller's time or twenty seconds are gone, it
/// computes itself.
/// </summary>
internal sealed class ClusterFlight(Func<int, IFlightGrain> find, TimeSpan bound, TimeProvider time) : ISharedFlight
{
    /// <summary>Grains among which keys are spread.</summary>
    public const int Grains = 64;

    /// <summary>Silence after which a door that computes is given up by those that wait for it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    // A grain call that lasts longer is a sign of trouble to Orleans.
    private static readonly TimeSpan MaxJoin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenWatches = Lease / 4;
    private static readonly TimeSpan BetweenRenewals = Lease / 2;
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(1);

    private long _notBefore;

    /// <summary>The vector that another door computes, or what <paramref name="compute"/> gives.</summary>
    /// <param name="key">The vector's.</param>
    /// <param name="remaining">Time that the caller has.</param>
    /// <param name="compute">Computes here.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<Computed> RunAsync(EmbeddingKey key, TimeSpan remaining, ComputeVector compute, CancellationToken cancellation)
    {
        TimeSpan began = time.Now();
        if (remaining / 2 < bound || began.Ticks < Interlocked.Read(ref _notBefore))
            return await compute(cancellation);
        FlightPass pass = new(find((int)((uint)key.DigestLow % Grains)), key.ToString());
        FlightTurn? turn = await JoinAsync(pass, remaining / 2 < MaxJoin ? remaining / 2 : MaxJoin, cancellation);
        if (turn is { Leads: true })
            return await LeadAsync(pass, compute, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return turn?.Vector is { } vector ? new(vector, false, default, time.Now() - began, default) : await compute(cancellation);
    }

    /// <summary>Null when the grain is not there: what it answers later is not heard.</summary>
    private async Task<FlightTurn?> JoinAsync(FlightPass pass, TimeSpan patience, CancellationToken cancellation)
    {
        using CancellationTokenSource leave = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<FlightTurn> join = pass.JoinAsync(patience, leave.Token);
        for (TimeSpan pause = bound / 2; ; pause = BetweenWatches)
        {
            await ((Task)join.WaitAsync(pause, time, cancellation)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (join.IsCompletedSuccessfully)
                return await join;
            if (!join.IsCompleted && !cancellation.IsCancellationRequested && await pass.IsWatchedAsync(bound / 2, time))
                continue;
            if (!cancellation.IsCancellationRequested)
                Interlocked.Exchange(ref _notBefore, (time.Now() + AfterTrouble).Ticks);
            await leave.CancelAsync();
            _ = pass.GiveBackAsync(join);
            return null;
        }
    }

    private async Task<Computed> LeadAsync(FlightPass pass, ComputeVector compute, CancellationToken cancellation)
    {
        using CancellationTokenSource landed = new();
        _ = RenewAsync(pass, landed.Token);
        float[]? vector = null;
        try
        {
            Computed computed = await compute(cancellation);
            vector = computed.Vector;
            return computed;
        }
        finally
        {
            await landed.CancelAsync();
            _ = pass.LandAsync(vector);
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
