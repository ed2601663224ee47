using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Models;

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
    };

    /// <summary>D, the length of a <c>cls</c> or <c>mean</c> vector.</summary>
    public int Dimensions => Architecture.Width;

    /// <summary>Patches plus class token.</summary>
    public int Tokens => InputSize.Tokens(Architecture);
}

/// <summary>Which blocks run on which device.</summary>
public sealed record SegmentPlacement(BlockRange Blocks, string Device);
