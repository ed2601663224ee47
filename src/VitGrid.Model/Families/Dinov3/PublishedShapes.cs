using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Dinov3;

/// <summary>The published shapes, by the names of their repositories.</summary>
internal static class PublishedShapes
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new OrderedDictionary<string, EncoderArchitecture>
    {
        ["dinov3-vits16-pretrain-lvd1689m"] = Published(384, 12, 6, 1536),
        ["dinov3-vits16plus-pretrain-lvd1689m"] = Published(384, 12, 6, 1536, gated: true),
        ["dinov3-vitb16-pretrain-lvd1689m"] = Published(768, 12, 12, 3072),
        ["dinov3-vitl16-pretrain-lvd1689m"] = Published(1024, 24, 16, 4096),
        ["dinov3-vith16plus-pretrain-lvd1689m"] = Published(1280, 32, 20, 5120, gated: true),
        ["dinov3-vit7b16-pretrain-lvd1689m"] = Published(4096, 40, 32, 8192, gated: true),
    };

    private static EncoderArchitecture Published(int width, int depth, int heads, int mlpWidth, bool gated = false) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = mlpWidth,
        PatchSize = 16,
        ImageSize = 224,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-5f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Original,
        PrefixTokens = 5,
        FinalNorm = true,
        GatedMlp = gated,
        Poolings = Encoder.Poolings,
    };
}
