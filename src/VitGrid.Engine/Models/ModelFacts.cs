using System.Diagnostics.CodeAnalysis;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Models;

/// <summary>The facts of a card.</summary>
internal sealed record ModelFacts
{
    public required string Directory { get; init; }

    public required EncoderArchitecture Architecture { get; init; }

    /// <summary>
    /// Whether q, k and v have biases: all that cards of builds before families of encoders say of costs, and need to know.
    /// </summary>
    public bool QueryBias { get; init; }

    /// <summary>The encoder's costs at the profile's size; where a card says none, an InternViT's of this shape.</summary>
    [field: MaybeNull]
    public EncoderCosts Costs
    {
        get => field ?? EncoderCosts.Of(Architecture, Profile.Size, QueryBias);
        init;
    }

    public required PreprocessProfile Profile { get; init; }

    public required ImagePreprocessing Preprocessing { get; init; }

    public required Precision Precision { get; init; }

    /// <summary>Name of what vectors are computed in, for cache keys and for telling workers apart.</summary>
    public required string Arithmetic { get; init; }

    /// <summary>
    /// What hidden states are computed in; where a card says nothing, what the arithmetic meant in builds that had CPU and CUDA alone.
    /// </summary>
    public ActivationType? Compute
    {
        get => field ?? Arithmetic switch
        {
            "bf16" => ActivationType.BFloat16,
            "fp16" => ActivationType.Float16,
            _ => ActivationType.Float32,
        };
        init;
    }

    public required int MaxBatchSize { get; init; }

    /// <summary>Segments asked for; 0: the fewest that fit.</summary>
    public required int Segments { get; init; }

    /// <summary>Replicas asked for; 0: as many as the devices hold usefully.</summary>
    public required int Replicas { get; init; }
}
