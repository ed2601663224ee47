using System.Collections.Concurrent;

namespace VitGrid.Engine.Replica;

/// <summary>The stages of this process that take batches.</summary>
internal sealed class LoadedStages
{
    private readonly ConcurrentDictionary<StageKey, Stage> _stages = new();

    public void Add(StageKey key, Stage stage) => _stages[key] = stage;

    public bool Remove(StageKey key) => _stages.TryRemove(key, out _);

    public Stage? Find(StageKey key) => _stages.GetValueOrDefault(key);

    /// <exception cref="ReplicaLostException">It is not, or no longer, here.</exception>
    public ValueTask EnqueueAsync(StageKey key, StageInput input)
    {
        if (Find(key) is { } stage)
            return stage.EnqueueAsync(input);
        input.Dispose();
        throw new ReplicaLostException($"stage {key} is not in this process");
    }
}
