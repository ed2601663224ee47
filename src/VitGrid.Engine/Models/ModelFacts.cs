using System.Diagnostics.CodeAnalysis;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Models;

/// <summary>The facts of a card.</summary>
public sealed record ModelFacts
{
    /// <summary>The checkpoint's folder, as this process reads it.</summary>
    public required string Directory { get; init; }

    /// <summary>The encoder's shape.</summary>
    public required EncoderArchitecture Architecture { get; init; }

    /// <summary>
    /// Whether q, k and v have biases: all that cards of builds before families of encoders say of costs, and need to know.
    /// </summary>
    public bool QueryBias { get; init; }

    /// <summary>The encoder's costs at the profile's size; where a card says none, an InternViT's of this shape.</summary>
    [field: MaybeNull]
    public EncoderCosts Costs
    {
        get => field ?? EncoderCosts.From(Architecture, Profile.Size, QueryBias);
        init;
    }

    /// <summary>The image's size and how it is cut and scaled to it.</summary>
    public required PreprocessProfile Profile { get; init; }

    /// <summary>The checkpoint's own mean, deviation and size.</summary>
    public required ImagePreprocessing Preprocessing { get; init; }

    /// <summary>The precision it is computed in.</summary>
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

    /// <summary>The tokens that its projector makes of an image; null: none.</summary>
    public VisualTokens? VisualTokens { get; init; }

    /// <summary>Why a projector that the checkpoint has is not served; null: it has none, or it is.</summary>
    public string? VisualTokensFault { get; init; }

    /// <summary>How it reads texts; null: it takes images.</summary>
    public TextFacts? Text { get; init; }

    /// <summary>Why a text tower that the checkpoint has is not served; null: it has none, or it is.</summary>
    public string? TextFault { get; init; }

    /// <summary>Largest batch, in images.</summary>
    public required int MaxBatchSize { get; init; }

    /// <summary>Segments asked for; 0: the fewest that fit.</summary>
    public required int Segments { get; init; }

    /// <summary>Replicas asked for; 0: as many as the devices hold usefully.</summary>
    public required int Replicas { get; init; }
}
