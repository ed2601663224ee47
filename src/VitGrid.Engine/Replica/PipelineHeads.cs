using System.Collections.Concurrent;

namespace VitGrid.Engine.Replica;

/// <summary>The replica incarnations whose first segment is loaded in this process.</summary>
internal sealed class PipelineHeads
{
    private readonly ConcurrentDictionary<ReplicaKey, PipelineHead> _heads = new();

    public IEnumerable<PipelineHead> All => _heads.Values;

    public void Add(PipelineHead head) => _heads[head.Key] = head;

    public void Remove(ReplicaKey key, string reason)
    {
        if (_heads.TryRemove(key, out PipelineHead? head))
            head.Retire(reason);
    }

    public PipelineHead? Find(ReplicaKey key) => _heads.GetValueOrDefault(key);

    /// <exception cref="ReplicaLostException">The incarnation is not, or no longer, served here.</exception>
    public PipelineHead Get(ReplicaKey key) => Find(key) ?? throw new ReplicaLostException($"replica {key} is not served by this process");
}
