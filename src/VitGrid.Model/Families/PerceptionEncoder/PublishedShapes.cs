using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.PerceptionEncoder;

/// <summary>The published shapes, by timm's names.</summary>
internal static class PublishedShapes
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new OrderedDictionary<string, EncoderArchitecture>
    {
        ["vit_pe_core_tiny_patch16_384"] = Published(192, 12, 3, 16, 384, 512),
        ["vit_pe_core_small_patch16_384"] = Published(384, 12, 6, 16, 384, 512),
        ["vit_pe_core_base_patch16_224"] = Published(768, 12, 12, 16, 224, 1024),
        ["vit_pe_core_large_patch14_336"] = Published(1024, 24, 16, 14, 336, 1024),
        ["vit_pe_core_gigantic_patch14_448"] = Published(1536, 50, 16, 14, 448, 1280, mlpWidth: 8960, classToken: false),
    };

    private static EncoderArchitecture Published(
        int width, int depth, int heads, int patch, int size, int projection, int? mlpWidth = null, bool classToken = true) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = mlpWidth ?? 4 * width,
        PatchSize = patch,
        ImageSize = size,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-5f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Timm,
        PrefixTokens = classToken ? 1 : 0,
        FinalNorm = true,
        Poolings = Encoder.Poolings(classToken, projection),
    };
}
