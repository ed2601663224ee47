namespace VitGrid.Engine.Models;

/// <summary>The models this process serves, each with its present state. Readers take a snapshot and never lock.</summary>
public sealed class ModelCatalog
{
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableArray<ModelInfo> _models = [];

    /// <summary>
    /// Every model, in configured order, also those that no worker has any more; empty until the host has started, and at a front end until
    /// it has met a worker.
    /// </summary>
    public IReadOnlyList<ModelInfo> Models => Snapshot;

    private ImmutableArray<ModelInfo> Snapshot => ImmutableInterlocked.InterlockedCompareExchange(ref _models, default, default);

    /// <summary>
    /// The model of that name; null when there is none. With one served model, null <paramref name="name"/> means that one.
    /// </summary>
    public ModelInfo? Find(string? name) => name is null ? Only(Snapshot) : Snapshot.FirstOrDefault(model => model.Name == name);

    /// <summary>The model that is meant where none is named: the only one, not counting those that no worker has any more.</summary>
    /// <returns>Null when there are several, or none.</returns>
    public static ModelInfo? Only(IReadOnlyList<ModelInfo> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        ModelInfo[] served = [.. models.Where(model => model.State != ModelState.Absent)];
        return served is [{ } only] ? only : models is [{ } last] ? last : null;
    }

    /// <summary>Completes when no model is <see cref="ModelState.Loading"/> any more.</summary>
    public Task WhenLoadedAsync(CancellationToken cancellationToken = default) => _loaded.Task.WaitAsync(cancellationToken);

    /// <summary>Sets the models; called once, before any is loaded.</summary>
    public void Open(ImmutableArray<ModelInfo> models) => ImmutableInterlocked.InterlockedExchange(ref _models, models);

    /// <summary>Replaces the model of the same name, or adds it.</summary>
    public void Publish(ModelInfo changed) => Change(models => models.Any(model => model.Name == changed.Name)
        ? [.. models.Select(model => model.Name == changed.Name ? changed : model)]
        : models.Add(changed));

    /// <summary>
    /// Takes over what the workers have: what they had and have no more is <see cref="ModelState.Absent"/> until they have it again.
    /// </summary>
    public void Follow(IReadOnlyList<ModelInfo> served)
    {
        ArgumentNullException.ThrowIfNull(served);
        Change(models =>
        [
            .. models.Select(model => served.FirstOrDefault(other => other.Name == model.Name) ?? Left(model)),
            .. served.Where(other => !models.Any(model => model.Name == other.Name)),
        ]);
    }

    /// <summary>A model of this process that the planner has not heard of yet has no fingerprint, and stays as it is.</summary>
    private static ModelInfo Left(ModelInfo model) => model.Fingerprint is null ? model : model with
    {
        State = ModelState.Absent,
        Failure = "no worker has it: the last one has gone, or was started without it",
        Segments = [],
    };

    private void Change(Func<ImmutableArray<ModelInfo>, ImmutableArray<ModelInfo>> how)
    {
        ImmutableInterlocked.Update(ref _models, how);
        if (!Snapshot.IsEmpty && Snapshot.All(model => model.State != ModelState.Loading))
            _loaded.TrySetResult();
    }
}
