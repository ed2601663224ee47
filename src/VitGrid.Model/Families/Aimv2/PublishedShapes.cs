using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Aimv2;

/// <summary>The published shapes, by the names of their repositories.</summary>
internal static class PublishedShapes
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new OrderedDictionary<string, EncoderArchitecture>
    {
        ["aimv2-large-patch14-224"] = Published(1024, 24, 8, 2816),
        ["aimv2-huge-patch14-224"] = Published(1536, 24, 12, 4096),
        ["aimv2-1B-patch14-224"] = Published(2048, 24, 16, 5632),
        ["aimv2-3B-patch14-224"] = Published(3072, 24, 24, 8192),
    };

    private static EncoderArchitecture Published(int width, int depth, int heads, int mlpWidth) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = mlpWidth,
        PatchSize = 14,
        ImageSize = 224,
        Norm = NormKind.RmsNorm,
        NormEpsilon = 1e-5f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Fixed,
        PrefixTokens = 0,
        FinalNorm = true,
        GatedMlp = true,
        Poolings = Encoder.Poolings(0),
    };
}
