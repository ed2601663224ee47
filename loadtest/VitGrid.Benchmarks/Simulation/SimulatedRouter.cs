using System.Runtime.InteropServices;
using VitGrid.Cluster.Remote;

namespace VitGrid.Benchmarks.Simulation;

/// <summary>
/// One model's front end: gives each image to the replica that the real choice names, as soon as it comes, and begins again with those of a
/// replica that is lost. While no replica serves, images wait here.
/// </summary>
internal sealed class SimulatedRouter(Action<SimulatedImage> answered)
{
    private readonly List<SimulatedReplica> _replicas = [];
    private readonly List<ReplicaLoad> _loads = [];
    private readonly Queue<SimulatedImage> _homeless = new();
    private int _turn;

    /// <summary>Answers of attempts given up before.</summary>
    public int StaleAnswers { get; private set; }

    /// <summary>Images run again.</summary>
    public int Replayed { get; private set; }

    /// <summary>Accepts an image, or says that the replica's queue is full.</summary>
    public bool TryAdd(SimulatedImage image) => TryRoute(new(image));

    /// <summary>Gives images to a replica from now on.</summary>
    public void Add(SimulatedReplica replica)
    {
        _replicas.Add(replica);
        while (_homeless.TryDequeue(out SimulatedImage? image))
            TryRoute(new(image));
    }

    /// <summary>Gives a replica nothing new.</summary>
    public void Remove(SimulatedReplica replica) => _replicas.Remove(replica);

    /// <summary>Gives up what <paramref name="replica"/> holds and runs it again elsewhere, from segment 0.</summary>
    public void Replay(SimulatedReplica replica)
    {
        foreach (SimulatedAttempt lost in replica.Held.Where(attempt => !attempt.IsStale).ToArray())
        {
            lost.IsStale = true;
            Replayed++;
            TryRoute(new(lost.Image));
        }
    }

    private bool TryRoute(SimulatedAttempt attempt)
    {
        _loads.Clear();
        foreach (SimulatedReplica replica in _replicas)
            _loads.Add(replica.Load);
        if (ReplicaChoice.Choose(CollectionsMarshal.AsSpan(_loads), _turn++) is { } chosen)
            return _replicas[chosen].TryAdd(attempt, Finish);
        _homeless.Enqueue(attempt.Image);
        return true;
    }

    private void Finish(SimulatedAttempt attempt)
    {
        if (attempt.IsStale)
            StaleAnswers++;
        else
            answered(attempt.Image);
    }
}
