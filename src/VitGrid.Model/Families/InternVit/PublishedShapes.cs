using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.InternVit;

/// <summary>The published shapes, and the tensors of a checkpoint of any shape under the original names.</summary>
internal static class PublishedShapes
{
    /// <summary>The published shapes by name, smallest first.</summary>
    public static IReadOnlyDictionary<string, EncoderArchitecture> All { get; } =
        new OrderedDictionary<string, EncoderArchitecture>
        {
            ["internvit-300m-448px"] = Published(1024, 24, 16, 4096, 448, NormKind.LayerNorm),
            ["internvit-6b-448px-v2.5"] = Published(3200, 45, 25, 12800, 448, NormKind.RmsNorm),
            ["internvit-6b-224px"] = Published(3200, 48, 25, 12800, 224, NormKind.RmsNorm),
        };

    /// <exception cref="ArgumentException">The original config cannot express <paramref name="architecture"/>.</exception>
    public static IReadOnlyList<ExpectedTensor> Tensors(EncoderArchitecture architecture)
    {
        Require(architecture);
        return [.. Layout(architecture).Tensors(TensorNames.Schemes.First(names => names.Scheme == NamingScheme.Original))];
    }

    /// <summary>The layout of a written checkpoint: q/k/v bias where the norm is LayerNorm, as published.</summary>
    public static EncoderLayout Layout(EncoderArchitecture architecture) => new()
    {
        Width = architecture.Width,
        Depth = architecture.Depth,
        MlpWidth = architecture.MlpWidth,
        PatchSize = architecture.PatchSize,
        Grid = architecture.ImageSize / architecture.PatchSize,
        NormBias = architecture.Norm == NormKind.LayerNorm,
        QueryKeyNorm = architecture.QueryKeyNorm,
        QueryKeyValueBias = architecture.Norm == NormKind.LayerNorm,
        LayerScale = true,
    };

    private static void Require(EncoderArchitecture architecture)
    {
        if (architecture.Interpolation != PositionInterpolation.Original || architecture.QueryKeyNormEpsilon != architecture.NormEpsilon)
        {
            throw new ArgumentException(
                "the original config has no keys for timm's kernel or a q/k epsilon of its own", nameof(architecture));
        }
        if (architecture.PrefixTokens != 1)
            throw new ArgumentException($"{architecture.PrefixTokens} prefix tokens: InternViT has one", nameof(architecture));
        if (architecture.Width % architecture.Heads != 0)
        {
            throw new ArgumentException(
                $"{architecture.Heads} heads do not divide the width of {architecture.Width}", nameof(architecture));
        }
    }

    private static EncoderArchitecture Published(int width, int depth, int heads, int mlpWidth, int imageSize, NormKind norm) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = mlpWidth,
        PatchSize = 14,
        ImageSize = imageSize,
        Norm = norm,
        NormEpsilon = 1e-6f,
        QueryKeyNorm = norm == NormKind.RmsNorm,
        QueryKeyNormEpsilon = 1e-6f,
        Interpolation = PositionInterpolation.Original,
    };
}
