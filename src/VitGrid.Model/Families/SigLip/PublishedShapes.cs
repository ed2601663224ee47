using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.SigLip;

/// <summary>The published shapes, by the names of their repositories.</summary>
internal static class PublishedShapes
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new OrderedDictionary<string, EncoderArchitecture>
    {
        ["siglip-base-patch16-224"] = Published(768, 12, 12, 3072, 16, 224),
        ["siglip-large-patch16-256"] = Published(1024, 24, 16, 4096, 16, 256),
        ["siglip-so400m-patch14-384"] = Published(1152, 27, 16, 4304, 14, 384),
        ["siglip2-base-patch16-224"] = Published(768, 12, 12, 3072, 16, 224),
        ["siglip2-large-patch16-256"] = Published(1024, 24, 16, 4096, 16, 256),
        ["siglip2-so400m-patch14-384"] = Published(1152, 27, 16, 4304, 14, 384),
        ["siglip2-giant-opt-patch16-256"] = Published(1536, 40, 16, 6144, 16, 256),
    };

    /// <summary>Their text towers; the large ones share one, whose vectors are as wide as the images'.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> Texts { get; } = new Dictionary<string, EncoderArchitecture>
    {
        ["siglip-base-patch16-224"] = Text(768, 12, 12, 3072, First, 768),
        ["siglip-large-patch16-256"] = Text(1024, 24, 16, 4096, First, 1024),
        ["siglip-so400m-patch14-384"] = Text(1152, 27, 16, 4304, First, 1152),
        ["siglip2-base-patch16-224"] = Text(768, 12, 12, 3072, Second, 768),
        ["siglip2-large-patch16-256"] = Text(1024, 24, 16, 4096, Second, 1024),
        ["siglip2-so400m-patch14-384"] = Text(1152, 27, 16, 4304, Second, 1152),
        ["siglip2-giant-opt-patch16-256"] = Text(1152, 27, 16, 4304, Second, 1536),
    };

    private const int First = 32_000, Second = 256_000;

    private static EncoderArchitecture Text(int width, int depth, int heads, int mlpWidth, int vocabulary, int projection) =>
        TextTowerReader.Published(width, depth, heads, vocabulary, 64, projection, 1e-6f, mlpWidth);

    private static EncoderArchitecture Published(int width, int depth, int heads, int mlpWidth, int patch, int size) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = mlpWidth,
        PatchSize = patch,
        ImageSize = size,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-6f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Original,
        PrefixTokens = 0,
        FinalNorm = true,
        Poolings = Encoder.Poolings(width),
    };
}
