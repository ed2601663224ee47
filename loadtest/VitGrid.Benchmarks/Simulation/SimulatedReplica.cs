using VitGrid.Cluster.Planning;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Model.Segments;

namespace VitGrid.Benchmarks.Simulation;

/// <summary>
/// A placed replica at work: its own batcher with the real policy and as many batches under way as the grid allows, each of which passes
/// its devices in order.
/// </summary>
internal sealed class SimulatedReplica(
    PlacedReplica placed, IReadOnlyList<SimulatedDevice> devices, StageCosts costs, int batchSize, VirtualTime time)
{
    /// <summary>Handing a batch to the next device, in seconds: over a fast network, overlapped with work.</summary>
    private const double HopSeconds = 0.005;

    private readonly BatchPolicy<(SimulatedAttempt Attempt, Action<SimulatedAttempt> Done)> _policy = new(
        new BatchingOptions { MaxBatchSize = batchSize }, new QueueOptions { MaxImages = 1_000_000 });
    private readonly HashSet<SimulatedAttempt> _held = [];
    private int _batches;
    private bool _waking;

    /// <summary>Where it runs.</summary>
    public PlacedReplica Placed { get; set; } = placed;

    /// <summary>A device a stage.</summary>
    public IReadOnlyList<SimulatedDevice> Devices => devices;

    /// <summary>Images given to it and not answered yet.</summary>
    public IReadOnlyCollection<SimulatedAttempt> Held => _held;

    /// <summary>What the choice of a replica goes by.</summary>
    public ReplicaLoad Load => new(_held.Count, Placed.ImagesPerSecond, IsNear: false);

    /// <summary>Accepts an image, or says that its queue is full.</summary>
    public bool TryAdd(SimulatedAttempt attempt, Action<SimulatedAttempt> done)
    {
        if (!_policy.TryAdd(new((attempt, done), Lane.Bulk, 1, Now, TimeSpan.MaxValue, CancellationToken.None)))
            return false;
        _held.Add(attempt);
        Pump();
        return true;
    }

    private TimeSpan Now => TimeSpan.FromSeconds(time.Now);

    /// <summary>As the batcher does: one batch computed and one waiting at each stage.</summary>
    private void Pump()
    {
        while (_batches < 2 * devices.Count && _policy.DelayUntilBatch(Now) is { } delay)
        {
            if (delay > TimeSpan.Zero)
            {
                WakeAfter(delay);
                return;
            }
            _batches++;
            Stage([.. _policy.Take(Now, []).Select(waiting => waiting.Item)], 0);
        }
    }

    private void WakeAfter(TimeSpan delay)
    {
        if (_waking)
            return;
        _waking = true;
        time.At(time.Now + delay.TotalSeconds, () =>
        {
            _waking = false;
            Pump();
        });
    }

    private void Stage((SimulatedAttempt Attempt, Action<SimulatedAttempt> Done)[] batch, int stage) =>
        devices[stage].Work(costs.Flops(Placed.Segments[stage].Blocks) * batch.Length, () =>
        {
            if (stage + 1 < devices.Count)
                time.At(time.Now + HopSeconds, () => Stage(batch, stage + 1));
            else
                Finish(batch);
        });

    private void Finish((SimulatedAttempt Attempt, Action<SimulatedAttempt> Done)[] batch)
    {
        _batches--;
        foreach ((SimulatedAttempt attempt, _) in batch)
            _held.Remove(attempt);
        foreach ((SimulatedAttempt attempt, Action<SimulatedAttempt> done) in batch)
            done(attempt);
        Pump();
    }
}
