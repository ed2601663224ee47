using VitGrid.Engine.Features;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Models;

/// <summary>The models this process serves, each with its present state. Readers take a snapshot and never lock.</summary>
public sealed class ModelCatalog
{
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ModelList _models = ModelList.Empty;

    /// <summary>
    /// Every model as clients know it, in configured order, also those that no worker has any more; empty until the host has started, and
    /// at a front end until it has met a worker. A text tower beside an image tower is that model's <see cref="ModelInfo.TextTower"/>.
    /// </summary>
    public IReadOnlyList<ModelInfo> Models => Volatile.Read(ref _models).Served;

    /// <summary>Every tower, each a model to whoever plans, queues and computes.</summary>
    public IReadOnlyList<ModelInfo> Towers => Volatile.Read(ref _models).Towers;

    /// <summary>
    /// The model of that name; null when there is none. With one served model, null <paramref name="name"/> means that one.
    /// </summary>
    public ModelInfo? Find(string? name) => name is null ? Only(Models) : Models.FirstOrDefault(model => model.Name == name);

    /// <summary>The tower of that name; null when there is none.</summary>
    public ModelInfo? FindTower(string name) => Towers.FirstOrDefault(model => model.Name == name);

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
    public void Open(ImmutableArray<ModelInfo> models) => Volatile.Write(ref _models, ModelList.From(models));

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
        ModelList before, after;
        do
        {
            before = Volatile.Read(ref _models);
            after = ModelList.From(how(before.Towers));
        }
        while (Interlocked.CompareExchange(ref _models, after, before) != before);
        if (!after.Towers.IsEmpty && after.Towers.All(model => model.State != ModelState.Loading))
            _loaded.TrySetResult();
    }

    /// <summary>A snapshot.</summary>
    /// <param name="Towers">Every tower.</param>
    /// <param name="Served">As clients see them.</param>
    private sealed record ModelList(ImmutableArray<ModelInfo> Towers, ImmutableArray<ModelInfo> Served)
    {
        public static ModelList Empty { get; } = new([], []);

        public static ModelList From(ImmutableArray<ModelInfo> towers) => new(
            towers,
            [
                .. towers.Where(tower => !TextTowerName.IsOne(tower.Name)).Select(model => model with
                {
                    TextTower = towers.FirstOrDefault(tower => tower.Name == TextTowerName.Of(model.Name)),
                }),
            ]);
    }
}

/// <summary>How far a model is.</summary>
public enum ModelState
{
    /// <summary>Weights are being read.</summary>
    Loading,

    /// <summary>Answers requests.</summary>
    Ready,

    /// <summary>Could not be loaded; <see cref="ModelInfo.Failure"/> says why.</summary>
    Failed,

    /// <summary>Was served, and no worker has it any more: the last one has gone, or was started without it.</summary>
    Absent,
}

/// <summary>A served model as seen from outside; a new record each time something changes.</summary>
public sealed record ModelInfo
{
    /// <summary>The name clients use.</summary>
    public required string Name { get; init; }

    /// <summary>Folder of the checkpoint.</summary>
    public required string Directory { get; init; }

    /// <summary>How far it is.</summary>
    public required ModelState State { get; init; }

    /// <summary>The name that clients use, which a text tower beside an image tower does not have itself.</summary>
    public string ServedName => TextTowerName.Served(Name);

    /// <summary>Whether its inputs are images; a text tower's are not.</summary>
    public bool TakesImages => Text is null;

    /// <summary>How it reads texts; null: it is an image tower, see <see cref="TextTower"/>.</summary>
    public TextFacts? Text { get; init; }

    /// <summary>
    /// The tower that reads texts for this model, with a state, a fingerprint and a place of its own: this one itself where it is a text
    /// tower alone; null: there is none that is served.
    /// </summary>
    public ModelInfo? TextTower
    {
        get => Text is null ? field : this;
        init;
    }

    /// <summary>Why a text tower that the checkpoint has is not served; null: it has none, or it is.</summary>
    public string? TextFault { get; init; }

    /// <summary>Why it does not answer; null when nothing is known to be wrong.</summary>
    public string? Failure { get; init; }

    /// <summary>The encoder's shape.</summary>
    public required EncoderArchitecture Architecture { get; init; }

    /// <summary>Input height and width.</summary>
    public required InputSize InputSize { get; init; }

    /// <summary>The profile used when a request names none.</summary>
    public required PreprocessProfile Profile { get; init; }

    /// <summary>What the checkpoint says about its images.</summary>
    public required ImagePreprocessing Preprocessing { get; init; }

    /// <summary>Arithmetic.</summary>
    public required Precision Precision { get; init; }

    /// <summary>What its vectors are computed in: the precision, or what it means on its kind of devices. Part of the cache key.</summary>
    public required string Arithmetic { get; init; }

    /// <summary>Fingerprint of the weights, 32 hex digits; null until they were read. Shown as the revision.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Where each segment runs, in order.</summary>
    public IReadOnlyList<SegmentPlacement> Segments { get; init; } = [];

    /// <summary>Most images in one of its batches.</summary>
    public int MaxBatchSize { get; init; } = 1;

    /// <summary>The model's facts as seen from outside.</summary>
    public static ModelInfo From(string name, ModelFacts facts, ModelState state) => new()
    {
        Name = name,
        Directory = facts.Directory,
        State = state,
        Architecture = facts.Architecture,
        InputSize = facts.Profile.Size,
        Profile = facts.Profile,
        Preprocessing = facts.Preprocessing,
        Precision = facts.Precision,
        Arithmetic = facts.Arithmetic,
        MaxBatchSize = facts.MaxBatchSize,
        VisualTokens = facts.VisualTokens,
        VisualTokensFault = facts.VisualTokensFault,
        Text = facts.Text,
        TextFault = facts.TextFault,
    };

    /// <summary>Numbers of a vector of the pooling that a request takes which names none.</summary>
    public int Dimensions => DimensionsOf(Architecture.Poolings.Default);

    /// <summary>Numbers of a vector of <paramref name="pooling"/>.</summary>
    public int DimensionsOf(Pooling pooling) => Architecture.Poolings.Width(pooling, Architecture.Width);

    /// <summary>The tokens of an image by kind.</summary>
    public FeatureShape FeatureShape => FeatureShape.From(Architecture, InputSize, VisualTokens);

    /// <summary>The tokens that its projector makes of an image; null: none, see <see cref="VisualTokensFault"/>.</summary>
    public VisualTokens? VisualTokens { get; init; }

    /// <summary>Why a projector that the checkpoint has is not served; null: it has none, or it is.</summary>
    public string? VisualTokensFault { get; init; }

    /// <summary>Patches plus class token.</summary>
    public int Tokens => InputSize.Tokens(Architecture);

    /// <summary>Gives its name and how far it is: all of it would not end, for a text tower alone is its own text tower.</summary>
    public override string ToString() => $"{Name} ({State})";
}

/// <summary>Which blocks run on which device.</summary>
public sealed record SegmentPlacement(BlockRange Blocks, string Device);
