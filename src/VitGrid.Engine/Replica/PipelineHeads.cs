using System.Collections.Concurrent;
using VitGrid.Cluster.Contracts;

namespace VitGrid.Engine.Replica;

/// <summary>The replica incarnations whose first segment is loaded in this process.</summary>
internal sealed class PipelineHeads
{
    private readonly ConcurrentDictionary<ReplicaKey, PipelineHead> _heads = new();

    public IEnumerable<PipelineHead> All => _heads.Values;

    public void Add(PipelineHead head) => _heads[head.Layout.Key] = head;

    public void Remove(ReplicaKey key, string reason)
    {
        if (_heads.TryRemove(key, out PipelineHead? head))
            head.Retire(reason);
    }

    public PipelineHead? Find(ReplicaKey key) => _heads.GetValueOrDefault(key);

    /// <exception cref="ReplicaLostException">The incarnation is not, or no longer, served here.</exception>
    public PipelineHead Get(ReplicaKey key) => Find(key) ?? throw new ReplicaLostException($"replica {key} is not served by this process");

    /// <summary>A process that stages run on, or the way to it, broke: what was on its way through it is lost.</summary>
    public void FailThrough(string node, string reason)
    {
        foreach (PipelineHead head in _heads.Values.Where(head => head.Layout.Stages.Any(stage => stage.Node.Node == node)))
            head.FailAll(reason);
    }
}
