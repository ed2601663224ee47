namespace VitGrid.Engine.Models;

/// <summary>The models this process serves, each with its present state. Readers take a snapshot and never lock.</summary>
public sealed class ModelCatalog
{
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableArray<ModelInfo> _models = [];

    /// <summary>Every model, in configured order; empty until the host has started, and at a front end until it has met a worker.</summary>
    public IReadOnlyList<ModelInfo> Models => Snapshot;

    private ImmutableArray<ModelInfo> Snapshot => ImmutableInterlocked.InterlockedCompareExchange(ref _models, default, default);

    /// <summary>
    /// The model of that name; null when there is none. With one served model, null <paramref name="name"/> means that one.
    /// </summary>
    public ModelInfo? Find(string? name)
    {
        ImmutableArray<ModelInfo> models = Snapshot;
        return name is null
            ? models.Length == 1 ? models[0] : null
            : models.FirstOrDefault(model => model.Name == name);
    }

    /// <summary>Completes when every model is <see cref="ModelState.Ready"/> or <see cref="ModelState.Failed"/>.</summary>
    public Task WhenLoadedAsync(CancellationToken cancellationToken = default) => _loaded.Task.WaitAsync(cancellationToken);

    /// <summary>Sets the models; called once, before any is loaded.</summary>
    internal void Open(ImmutableArray<ModelInfo> models) => ImmutableInterlocked.InterlockedExchange(ref _models, models);

    /// <summary>Replaces the model of the same name, or adds it.</summary>
    internal void Publish(ModelInfo changed)
    {
        ImmutableInterlocked.Update(ref _models, models => models.Any(model => model.Name == changed.Name)
            ? [.. models.Select(model => model.Name == changed.Name ? changed : model)]
            : models.Add(changed));
        if (Snapshot.All(model => model.State != ModelState.Loading))
            _loaded.TrySetResult();
    }
}
