using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>
/// Published shapes, by the names of their repositories: what LAION trained, as OpenCLIP stores it. One more is written under transformers'
/// names, <see cref="Clip.PublishedShapes"/>.
/// </summary>
internal static class PublishedShapes
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new OrderedDictionary<string, EncoderArchitecture>
    {
        ["CLIP-ViT-B-32-laion2B-s34B-b79K"] = Published(768, 12, 12, 3072, 32, 512),
        ["CLIP-ViT-B-16-laion2B-s34B-b88K"] = Published(768, 12, 12, 3072, 16, 512),
        ["CLIP-ViT-L-14-laion2B-s32B-b82K"] = Published(1024, 24, 16, 4096, 14, 768),
        ["CLIP-ViT-bigG-14-laion2B-39B-b160k"] = Published(1664, 48, 16, 8192, 14, 1280),
    };

    private static EncoderArchitecture Published(int width, int depth, int heads, int mlpWidth, int patch, int projection) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = mlpWidth,
        PatchSize = patch,
        ImageSize = 224,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-5f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Timm,
        FinalNorm = true,
        Poolings = Encoder.Poolings(projection),
    };
}
