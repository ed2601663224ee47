using VitGrid.Cluster.Planning;

namespace VitGrid.Benchmarks.Simulation;

/// <summary>A card that works off batches one after another, and can die or stand still.</summary>
internal sealed class SimulatedDevice(GridDevice device, VirtualTime time)
{
    private double _freeAt;
    private double _stalledUntil;
    private bool _dead;

    public GridDevice Device => device;

    /// <summary>Whether the grid believes that it lives; lags behind the truth by the time a failure takes to be noticed.</summary>
    public bool IsMember { get; set; } = true;

    /// <summary>Whether it can work.</summary>
    public bool IsAlive => !_dead;

    /// <summary>
    /// Does <paramref name="flops"/> of work after all it was given before; a device that dies meanwhile never calls back.
    /// </summary>
    public void Work(double flops, Action done)
    {
        if (_dead)
            return;
        _freeAt = Math.Max(_freeAt, time.Now) + (flops / device.Speed);
        time.At(_freeAt, () => Finish(done));
    }

    public void Die() => _dead = true;

    /// <summary>Stands still and goes on later with what it had, as a stopped process does.</summary>
    public void Stall(double seconds)
    {
        _stalledUntil = time.Now + seconds;
        _freeAt = Math.Max(_freeAt, time.Now) + seconds;
    }

    private void Finish(Action done)
    {
        if (_dead)
            return;
        if (time.Now < _stalledUntil)
            time.At(_stalledUntil, () => Finish(done));
        else
            done();
    }
}
