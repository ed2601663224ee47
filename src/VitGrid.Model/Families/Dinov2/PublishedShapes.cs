using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Dinov2;

/// <summary>The published shapes, by the names of their repositories.</summary>
internal static class PublishedShapes
{
    /// <summary>All, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } = new OrderedDictionary<string, EncoderArchitecture>
    {
        ["dinov2-small"] = Published(384, 12, 6),
        ["dinov2-base"] = Published(768, 12, 12),
        ["dinov2-large"] = Published(1024, 24, 16),
        ["dinov2-giant"] = Published(1536, 40, 24, gated: true),
        ["dinov2-with-registers-small"] = Published(384, 12, 6, registers: 4),
        ["dinov2-with-registers-base"] = Published(768, 12, 12, registers: 4),
        ["dinov2-with-registers-large"] = Published(1024, 24, 16, registers: 4),
        ["dinov2-with-registers-giant"] = Published(1536, 40, 24, registers: 4, gated: true),
    };

    private static EncoderArchitecture Published(int width, int depth, int heads, int registers = 0, bool gated = false) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = gated ? 4096 : 4 * width,
        PatchSize = 14,
        ImageSize = 518,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-6f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = registers > 0 ? PositionInterpolation.Antialiased : PositionInterpolation.Original,
        PrefixTokens = 1 + registers,
        FinalNorm = true,
        GatedMlp = gated,
        Poolings = Encoder.Poolings,
    };
}
