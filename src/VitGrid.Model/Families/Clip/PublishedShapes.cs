using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Clip;

/// <summary>The published shapes, by the names of their repositories.</summary>
internal static class PublishedShapes
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new OrderedDictionary<string, EncoderArchitecture>
    {
        ["clip-vit-base-patch32"] = Published(768, 12, 12, 32, 224, 512),
        ["clip-vit-base-patch16"] = Published(768, 12, 12, 16, 224, 512),
        ["clip-vit-large-patch14"] = Published(1024, 24, 16, 14, 224, 768),
        ["clip-vit-large-patch14-336"] = Published(1024, 24, 16, 14, 336, 768),
        ["CLIP-ViT-H-14-laion2B-s32B-b79K"] = Published(1280, 32, 16, 14, 224, 1024),
    };

    /// <summary>Their text towers.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> Texts { get; } = new Dictionary<string, EncoderArchitecture>
    {
        ["clip-vit-base-patch32"] = Text(512, 12, 8, 512),
        ["clip-vit-base-patch16"] = Text(512, 12, 8, 512),
        ["clip-vit-large-patch14"] = Text(768, 12, 12, 768),
        ["clip-vit-large-patch14-336"] = Text(768, 12, 12, 768),
        ["CLIP-ViT-H-14-laion2B-s32B-b79K"] = Text(1024, 24, 16, 1024),
    };

    /// <summary>OpenAI's checkpoints have the quick GELU, LAION's the exact one.</summary>
    public static MlpFunction FunctionOf(EncoderArchitecture architecture) =>
        architecture.Width <= 1024 ? MlpFunction.QuickGelu : MlpFunction.Gelu;

    private static EncoderArchitecture Text(int width, int depth, int heads, int projection) =>
        TextTowerReader.Published(width, depth, heads, 49_408, 77, projection, 1e-5f);

    private static EncoderArchitecture Published(int width, int depth, int heads, int patch, int size, int projection) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = 4 * width,
        PatchSize = patch,
        ImageSize = size,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-5f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Original,
        Poolings = Encoder.Poolings(projection),
    };
}
