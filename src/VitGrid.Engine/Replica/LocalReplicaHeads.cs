using System.Collections.Concurrent;

namespace VitGrid.Engine.Replica;

/// <summary>The replica incarnations whose first segment is loaded in this process. Thread-safe.</summary>
public sealed class LocalReplicaHeads
{
    private readonly ConcurrentDictionary<ReplicaKey, LocalReplicaHead> _heads = new();

    /// <summary>All of them, in no order.</summary>
    public IEnumerable<LocalReplicaHead> All => _heads.Values;

    /// <summary>Lists a head.</summary>
    public void Add(LocalReplicaHead head) => _heads[head.Key] = head;

    /// <summary>Retires a head; <paramref name="reason"/> ends the sentence "replica KEY …".</summary>
    public void Remove(ReplicaKey key, string reason)
    {
        if (_heads.TryRemove(key, out LocalReplicaHead? head))
            head.Retire(reason);
    }

    /// <summary>The head; null when the incarnation is not, or no longer, served here.</summary>
    public LocalReplicaHead? Find(ReplicaKey key) => _heads.GetValueOrDefault(key);

    /// <summary>The head.</summary>
    /// <exception cref="ReplicaLostException">The incarnation is not, or no longer, served here.</exception>
    public LocalReplicaHead Get(ReplicaKey key) =>
        Find(key) ?? throw new ReplicaLostException($"replica {key} is not served by this process");
}
