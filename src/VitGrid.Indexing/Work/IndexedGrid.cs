using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Texts;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Work;

/// <summary>What indexing needs of the grid and the world.</summary>
internal sealed record IndexedGrid
{
    /// <summary>Name of the grid; the queue belongs to one grid at a time.</summary>
    public required string Name { get; init; }

    /// <summary>Whether this process is the whole grid, so that the queue is free when it stops.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Embeds one image, as <see cref="Embedder"/> does.</summary>
    public required Func<EmbeddingRequest, CancellationToken, Task<EmbeddingResult>> Embed { get; init; }

    /// <summary>Cuts a text into a model's tokens, as <see cref="TextTokenizers.TokenizeAsync"/> does.</summary>
    public Func<ModelInfo, string, bool, CancellationToken, ValueTask<TokenIds>> Tokenize { get; init; } = (model, _, _, _) =>
        throw new GridException(GridFault.InvalidRequest, $"texts of model '{model.Name}' are not read here");

    /// <summary>The model of that name, served anywhere in the grid; null when none is.</summary>
    public required Func<string, ModelInfo?> FindModel { get; init; }

    /// <summary>Whether nothing can be embedded yet, since every model's weights are still being read: items are left to workers that can.
    /// </summary>
    public Func<bool> IsLoading { get; init; } = () => false;

    /// <summary>Key of the profile that a job asks a model for; throws <see cref="ArgumentException"/> for an unknown one.</summary>
    public required Func<ModelInfo, JobSettings, string> ProfileKey { get; init; }

    /// <summary>What features may take.</summary>
    public FeatureOptions Features { get; init; } = new();

    /// <summary>Reads images.</summary>
    public required Items.ImageFetch Fetch { get; init; }

    /// <summary>
    /// The sink of a job, not yet opened; throws <see cref="SinkException"/> where the specification is wrong or not allowed.
    /// </summary>
    public required Func<string, string, IVectorSink> CreateSink { get; init; }

    /// <summary>Longest time a stop waits for what is under way.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What a job's features are of each image; null: it asks for vectors.</summary>
    /// <exception cref="GridException">The model has not what is asked for, or it is more than is allowed.</exception>
    public FeaturePlan? PlanOf(JobSettings settings, ModelInfo model) =>
        settings.Features is { } fields ? FeaturePlan.Make(fields, model, images: 1, Features) : null;
}
