using System.Runtime.InteropServices;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Benchmarks.Simulation;

/// <summary>One model's batcher: the real policy and the real choice of a replica; keeps images until they are answered.</summary>
internal sealed class SimulatedBatcher(VirtualTime time, int batchSize, Action<SimulatedImage> answered)
{
    private readonly BatchPolicy<SimulatedImage> _policy = new(new() { MaxBatchSize = batchSize }, new() { MaxImages = 1_000_000 });
    private readonly Queue<SimulatedBatch> _replays = new();
    private readonly List<ReplicaLoad> _loads = [];
    private int _turn;

    /// <summary>The replicas that are loaded and believed to live.</summary>
    public List<SimulatedReplica> Replicas { get; } = [];

    /// <summary>Answers of batches given up before.</summary>
    public int StaleAnswers { get; private set; }

    /// <summary>Images run again.</summary>
    public int Replayed { get; private set; }

    /// <summary>Accepts an image, or says that the queue is full.</summary>
    public bool TryAdd(SimulatedImage image)
    {
        TimeSpan now = TimeSpan.FromSeconds(time.Now);
        bool added = _policy.TryAdd(new(image, Lane.Bulk, 1, now, TimeSpan.MaxValue, CancellationToken.None));
        Pump();
        return added;
    }

    /// <summary>Gives up what <paramref name="replica"/> holds and runs it again elsewhere, from segment 0.</summary>
    public void Replay(SimulatedReplica replica)
    {
        foreach (SimulatedBatch lost in replica.InFlight.Where(batch => !batch.IsStale))
        {
            lost.IsStale = true;
            Replayed += lost.Images.Count;
            _replays.Enqueue(new(lost.Images));
        }
        Pump();
    }

    /// <summary>Sends batches as long as a replica should take one.</summary>
    public void Pump()
    {
        while (NextSize() is > 0 and var images && Choose(images) is { } replica)
            replica.Run(NextBatch(), Finish);
    }

    private int NextSize() => _replays.TryPeek(out SimulatedBatch? replay) ? replay.Images.Count : Math.Min(batchSize, _policy.Count);

    private SimulatedReplica? Choose(int images)
    {
        _loads.Clear();
        foreach (SimulatedReplica replica in Replicas)
            _loads.Add(replica.Load);
        int waiting = _policy.Count + (_replays.Count * batchSize);
        return ReplicaChoice.Choose(CollectionsMarshal.AsSpan(_loads), images, waiting, _turn++) is { } chosen ? Replicas[chosen] : null;
    }

    private SimulatedBatch NextBatch() => _replays.TryDequeue(out SimulatedBatch? replay)
        ? replay
        : new([.. _policy.Take(TimeSpan.FromSeconds(time.Now), []).Select(waiting => waiting.Item)]);

    private void Finish(SimulatedBatch batch)
    {
        if (batch.IsStale)
        {
            StaleAnswers += batch.Images.Count;
        }
        else
        {
            foreach (SimulatedImage image in batch.Images)
                answered(image);
        }
        Pump();
    }
}
