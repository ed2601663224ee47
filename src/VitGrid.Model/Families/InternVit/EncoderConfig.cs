using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.InternVit;

/// <summary>What a checkpoint's config says about its encoder. A null claim leaves the matter to the tensors.</summary>
internal sealed record EncoderConfig
{
    public required Claim<int>? Width { get; init; }

    public required Claim<int>? Depth { get; init; }

    public required Claim<int> Heads { get; init; }

    public required Claim<int>? MlpWidth { get; init; }

    public required Claim<int>? PatchSize { get; init; }

    /// <summary>Side of the images that the position embedding was made for.</summary>
    public required Claim<int>? ImageSize { get; init; }

    /// <summary>A chat model's <c>force_image_size</c>: the size it runs at, and perhaps that of the position embedding.</summary>
    public Claim<int>? ForcedImageSize { get; init; }

    /// <summary>Every size that the position embedding may have, the likeliest first; empty leaves the matter to the tensors.</summary>
    public IEnumerable<Claim<int>> ImageSizes => new[] { ForcedImageSize, ImageSize }.OfType<Claim<int>>();

    public required Claim<NormKind>? Norm { get; init; }

    public required Claim<bool>? QueryKeyNorm { get; init; }

    public required Claim<bool>? QueryKeyValueBias { get; init; }

    public required Claim<bool>? LayerScale { get; init; }

    public required float NormEpsilon { get; init; }

    public required float QueryKeyNormEpsilon { get; init; }

    public required PositionInterpolation Interpolation { get; init; }
}
