using System.Collections.Concurrent;

namespace VitGrid.Engine.Replica;

/// <summary>The stages of this process that take batches.</summary>
public sealed class LoadedStages
{
    private readonly ConcurrentDictionary<StageKey, Stage> _stages = new();

    /// <summary>Adds a stage, or puts it in the place of another of its key.</summary>
    public void Add(StageKey key, Stage stage) => _stages[key] = stage;

    /// <summary>Removes a stage; false when it is not here.</summary>
    public bool Remove(StageKey key) => _stages.TryRemove(key, out _);

    /// <summary>Finds a stage; null when it is not here.</summary>
    public Stage? Find(StageKey key) => _stages.GetValueOrDefault(key);

    /// <summary>Hands an input to its stage, which owns it from then on; waits while the stage's inbox is full.</summary>
    /// <exception cref="ReplicaLostException">It is not, or no longer, here.</exception>
    public ValueTask EnqueueAsync(StageKey key, StageInput input)
    {
        if (Find(key) is { } stage)
            return stage.EnqueueAsync(input);
        input.Dispose();
        throw new ReplicaLostException($"stage {key} is not in this process");
    }
}
