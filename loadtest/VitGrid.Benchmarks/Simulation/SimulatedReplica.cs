using VitGrid.Cluster.Planning;
using VitGrid.Cluster.Remote;
using VitGrid.Model.Segments;

namespace VitGrid.Benchmarks.Simulation;

/// <summary>An image somebody waits for.</summary>
internal sealed class SimulatedImage(int id, double since)
{
    public int Id => id;

    public double Since => since;

    public bool IsAnswered { get; set; }
}

/// <summary>Images that go through a replica together. A replay is a new batch with the same images.</summary>
internal sealed class SimulatedBatch(IReadOnlyList<SimulatedImage> images)
{
    public IReadOnlyList<SimulatedImage> Images => images;

    /// <summary>Given up: what still comes of it is stale.</summary>
    public bool IsStale { get; set; }
}

/// <summary>A placed replica at work: each batch passes its devices in order, one batch a stage and one waiting.</summary>
internal sealed class SimulatedReplica(PlacedReplica placed, IReadOnlyList<SimulatedDevice> devices, StageCosts costs, VirtualTime time)
{
    /// <summary>Handing a batch to the next device, in seconds: over a fast network, overlapped with work.</summary>
    private const double HopSeconds = 0.005;

    private readonly HashSet<SimulatedBatch> _inFlight = [];
    private int _outstanding;

    public PlacedReplica Placed { get; set; } = placed;

    public IReadOnlyList<SimulatedDevice> Devices => devices;

    /// <summary>Batches not answered yet.</summary>
    public IEnumerable<SimulatedBatch> InFlight => _inFlight;

    public ReplicaLoad Load => new(_outstanding, Placed.ImagesPerSecond, IsNear: true, _inFlight.Count <= Placed.Segments.Length);

    public void Run(SimulatedBatch batch, Action<SimulatedBatch> done)
    {
        _inFlight.Add(batch);
        _outstanding += batch.Images.Count;
        Stage(batch, 0, done);
    }

    private void Stage(SimulatedBatch batch, int stage, Action<SimulatedBatch> done) =>
        devices[stage].Work(costs.Flops(Placed.Segments[stage].Blocks) * batch.Images.Count, () =>
        {
            if (stage + 1 < devices.Count)
            {
                time.At(time.Now + HopSeconds, () => Stage(batch, stage + 1, done));
                return;
            }
            _inFlight.Remove(batch);
            _outstanding -= batch.Images.Count;
            done(batch);
        });
}
