namespace VitGrid.Model.Checkpoints.Configs;

/// <summary>What a checkpoint's config says about its encoder. A null claim leaves the matter to the tensors.</summary>
internal sealed record EncoderConfig
{
    public required Claim<int>? Width { get; init; }

    public required Claim<int>? Depth { get; init; }

    public required Claim<int> Heads { get; init; }

    public required Claim<int>? MlpWidth { get; init; }

    public required Claim<int>? PatchSize { get; init; }

    public required Claim<int>? ImageSize { get; init; }

    public required Claim<NormKind>? Norm { get; init; }

    public required Claim<bool>? QueryKeyNorm { get; init; }

    public required Claim<bool>? QueryKeyValueBias { get; init; }

    public required Claim<bool>? LayerScale { get; init; }

    public required float NormEpsilon { get; init; }

    public required float QueryKeyNormEpsilon { get; init; }

    public required PositionInterpolation Interpolation { get; init; }
}
