using System.Text.Json;
using VitGrid.Cluster.Planning;
using VitGrid.Engine.Models;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Cluster.Contracts;

/// <summary>What a process without the checkpoint needs to know of a model: to decode for it, to key its cache, to plan it.</summary>
/// <param name="Name">The name clients use.</param>
/// <param name="Fingerprint">Of its weights and preprocessing; workers with another one are not mixed in.</param>
/// <param name="FactsJson"><see cref="ModelFacts"/> as JSON: its types belong to layers that know nothing of grains.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.model-card")]
internal sealed record ModelCard([property: Id(0)] string Name, [property: Id(1)] string Fingerprint, [property: Id(2)] string FactsJson)
{
    /// <summary>What decides a vector: workers that differ in it are not mixed.</summary>
    [Id(3)]
    public string Identity { get; init; } = "";

    public static ModelCard Of(string name, string fingerprint, ModelFacts facts) => new(name, fingerprint, JsonSerializer.Serialize(facts))
    {
        Identity = $"{fingerprint}:{facts.Arithmetic}:{facts.Profile.Key}",
    };

    public ModelFacts Facts() => JsonSerializer.Deserialize<ModelFacts>(FactsJson)!;
}

/// <summary>The facts of a card.</summary>
internal sealed record ModelFacts
{
    public required string Directory { get; init; }

    public required EncoderArchitecture Architecture { get; init; }

    /// <summary>Whether q, k and v have biases; part of the memory a segment takes.</summary>
    public required bool QueryBias { get; init; }

    public required PreprocessProfile Profile { get; init; }

    public required ImagePreprocessing Preprocessing { get; init; }

    public required Precision Precision { get; init; }

    /// <summary>See <see cref="ArithmeticName"/>.</summary>
    public required string Arithmetic { get; init; }

    public required int MaxBatchSize { get; init; }

    /// <summary>Segments asked for; 0: the fewest that fit.</summary>
    public required int Segments { get; init; }

    /// <summary>Replicas asked for; 0: as many as the devices hold usefully.</summary>
    public required int Replicas { get; init; }

    /// <summary>The model as the planner sees it.</summary>
    public GridModel ToPlan(string name) => new()
    {
        Name = name,
        Costs = EncoderCosts.Of(Architecture, Profile.Size, QueryBias),
        Precision = Precision,
        Segments = Segments,
        Replicas = Replicas,
        BatchSize = MaxBatchSize,
    };
}
