using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
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

    /// <summary>The model of that name, served anywhere in the grid; null when none is.</summary>
    public required Func<string, ModelInfo?> FindModel { get; init; }

    /// <summary>Key of the profile that a job asks a model for; throws <see cref="ArgumentException"/> for an unknown one.</summary>
    public required Func<ModelInfo, JobSettings, string> ProfileKey { get; init; }

    /// <summary>Reads images.</summary>
    public required Items.ImageFetch Fetch { get; init; }

    /// <summary>
    /// The sink of a job, not yet opened; throws <see cref="SinkException"/> where the specification is wrong or not allowed.
    /// </summary>
    public required Func<string, string, IVectorSink> CreateSink { get; init; }

    /// <summary>Longest time a stop waits for what is under way.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);
}
