using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Vit;

/// <summary>The published shapes, by the names of their repositories.</summary>
internal static class PublishedShapes
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new OrderedDictionary<string, EncoderArchitecture>
    {
        ["vit-base-patch16-224-in21k"] = Published(768, 12, 12, 16, 224, pooler: true),
        ["vit-base-patch16-224"] = Published(768, 12, 12, 16, 224),
        ["vit-large-patch16-224"] = Published(1024, 24, 16, 16, 224),
        ["vit-huge-patch14-224-in21k"] = Published(1280, 32, 16, 14, 224, pooler: true),
    };

    private static EncoderArchitecture Published(int width, int depth, int heads, int patch, int size, bool pooler = false) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = 4 * width,
        PatchSize = patch,
        ImageSize = size,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-12f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Original,
        FinalNorm = true,
        Poolings = Encoder.Poolings(pooler ? width : 0),
    };
}
