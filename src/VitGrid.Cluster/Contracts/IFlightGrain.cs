using VitGrid.Engine.Caching;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Contracts;

/// <summary>What a front end is told about a key that it wants computed.</summary>
/// <param name="Leads">Whether it is to compute, and to land with what came of it.</param>
/// <param name="Vector">What another front end computed meanwhile; null while it leads, and when its timeout has passed.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.flight-turn")]
internal sealed record FlightTurn([property: Id(0)] bool Leads, [property: Id(1)] float[]? Vector)
{
    /// <summary>The devices that it passed; null where nobody says.</summary>
    [Id(2)]
    public string? Devices { get; init; }

    /// <summary>When it was computed, in milliseconds since 1970.</summary>
    [Id(3)]
    public long Computed { get; init; }

    /// <summary>Where it was computed; null where nobody says.</summary>
    public VectorOrigin? Origin => VectorOrigin.From(Devices, Computed);

    public static FlightTurn Lead { get; } = new(true, null);

    public static FlightTurn None { get; } = new(false, null);
}

/// <summary>What came of a computation.</summary>
/// <param name="Vector">Null when it failed or was given up: the next in line computes.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.flight-landing")]
internal sealed record FlightLanding([property: Id(0)] float[]? Vector)
{
    /// <summary>The devices that it passed; null where nobody says.</summary>
    [Id(1)]
    public string? Devices { get; init; }

    /// <summary>When it was computed, in milliseconds since 1970.</summary>
    [Id(2)]
    public long Computed { get; init; }

    /// <summary>What came of a computation that is over.</summary>
    public static FlightLanding From(Computed computed) => new(computed.Vector)
    {
        Devices = computed.Origin?.Devices,
        Computed = computed.Origin?.Milliseconds ?? 0,
    };

    /// <summary>What those who wait are told; null where there is nothing.</summary>
    public FlightTurn? Turn() => Vector is null ? null : new(false, Vector) { Devices = Devices, Computed = Computed };
}

/// <summary>
/// Where front ends of a cluster agree on who computes a vector. A key's grain is one of a few; it remembers flights while they last and
/// nothing after. Key: 0…<see cref="Caching.Flights.ClusterFlight.Grains"/>−1.
/// </summary>
[Alias("vitgrid.flight")]
internal interface IFlightGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Answers at once when the caller is to compute; else when whoever does has landed or is given up, or after
    /// <paramref name="timeout"/>.
    /// </summary>
    /// <param name="key">The vector's key.</param>
    /// <param name="ticket">The caller's, new each time.</param>
    /// <param name="timeout">Longest wait.</param>
    /// <param name="cancellationToken">The caller does not want it any more.</param>
    [Alias("join")]
    Task<FlightTurn> JoinAsync(string key, Guid ticket, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>The front end that computes <paramref name="key"/> still does.</summary>
    [Alias("renew")]
    Task RenewAsync(string key, Guid ticket);

    /// <summary>The front end that computed <paramref name="key"/> is done.</summary>
    [Alias("land")]
    Task LandAsync(string key, Guid ticket, FlightLanding landing);

    /// <summary>
    /// Answers: a front end that follows <paramref name="key"/> sees that the grain is there. Whoever computes and was silent for too long
    /// is given up by it.
    /// </summary>
    [Alias("watch")]
    Task WatchAsync(string key);
}
