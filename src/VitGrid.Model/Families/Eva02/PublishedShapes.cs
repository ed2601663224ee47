using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Eva02;

/// <summary>The published shapes, by timm's names.</summary>
internal static class PublishedShapes
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new OrderedDictionary<string, EncoderArchitecture>
    {
        ["eva02_tiny_patch14_224"] = Published(192, 3, 224),
        ["eva02_small_patch14_224"] = Published(384, 6, 224),
        ["eva02_base_patch14_224"] = Published(768, 12, 224),
        ["eva02_large_patch14_224"] = Published(1024, 16, 224),
    };

    private static EncoderArchitecture Published(int width, int heads, int size) => new()
    {
        Width = width,
        Depth = width == 1024 ? 24 : 12,
        Heads = heads,
        MlpWidth = width * 8 / 3,
        PatchSize = 14,
        ImageSize = size,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-6f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Timm,
        GatedMlp = true,
        Poolings = Encoder.Poolings(width),
    };
}
