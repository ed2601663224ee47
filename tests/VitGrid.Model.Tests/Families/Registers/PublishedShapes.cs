using VitGrid.Model.Encoders;

namespace VitGrid.Model.Tests.Families.Registers;

/// <summary>The one shape of the family.</summary>
internal static class PublishedShapes
{
    /// <summary>16 patches, a class token and 4 registers; 3 blocks.</summary>
    public static EncoderArchitecture Tiny { get; } = new()
    {
        Width = 32,
        Depth = 3,
        Heads = 4,
        MlpWidth = 64,
        PatchSize = 7,
        ImageSize = 28,
        PrefixTokens = 5,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-3f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Original,
    };

    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } =
        new Dictionary<string, EncoderArchitecture> { ["registers-tiny"] = Tiny };
}
