using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Beit;

/// <summary>The published shapes, by the names of their repositories.</summary>
internal static class PublishedShapes
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new OrderedDictionary<string, EncoderArchitecture>
    {
        ["beit-base-patch16-224"] = Published(768, 12, 12),
        ["beit-large-patch16-224"] = Published(1024, 24, 16),
    };

    private static EncoderArchitecture Published(int width, int depth, int heads) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = 4 * width,
        PatchSize = 16,
        ImageSize = 224,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-12f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Original,
        Poolings = Encoder.Poolings(poolsMean: true, width),
    };
}
