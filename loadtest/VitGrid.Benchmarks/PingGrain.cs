using Orleans.Placement;

namespace VitGrid.Benchmarks;

/// <summary>The smallest call between two silos.</summary>
[Alias("vitgrid.benchmarks.ping")]
internal interface IPingGrain : IGrainWithIntegerKey
{
    /// <summary>The id of the process it lives in.</summary>
    [Alias("ping")]
    Task<int> PingAsync();
}

/// <summary>Lives where it was first called.</summary>
[PreferLocalPlacement]
internal sealed class PingGrain : Grain, IPingGrain
{
    public Task<int> PingAsync() => Task.FromResult(Environment.ProcessId);
}
