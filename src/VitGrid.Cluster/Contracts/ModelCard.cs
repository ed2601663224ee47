using System.Text.Json;
using VitGrid.Engine.Models;

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

    public static ModelCard From(string name, string fingerprint, ModelFacts facts) =>
        new(name, fingerprint, JsonSerializer.Serialize(facts))
    {
        Identity = $"{fingerprint}:{facts.Arithmetic}:{facts.Profile.Key}",
    };

    public ModelFacts Facts() => JsonSerializer.Deserialize<ModelFacts>(FactsJson)!;
}
