using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Families.InternVit;

/// <summary>Joins the layout the tensors show with what only the config can tell: heads, epsilons, position kernel.</summary>
internal static class ArchitectureReader
{
    public static EncoderArchitecture Read(EncoderLayout layout, EncoderConfig config)
    {
        Claim<int> heads = config.Heads;
        if (heads.Value < 1 || layout.Width % heads.Value != 0)
            throw new CheckpointException($"{heads.Text}, which does not divide the width of {layout.Width}; {TensorCheck.Remedy}");
        return new EncoderArchitecture
        {
            Width = layout.Width,
            Depth = layout.Depth,
            Heads = heads.Value,
            MlpWidth = layout.MlpWidth,
            PatchSize = layout.PatchSize,
            ImageSize = config.ImageSizes.FirstOrDefault(size => size.Value / layout.PatchSize == layout.Grid)?.Value
                ?? (layout.Grid * layout.PatchSize),
            Norm = layout.NormBias ? NormKind.LayerNorm : NormKind.RmsNorm,
            NormEpsilon = config.NormEpsilon,
            QueryKeyNorm = layout.QueryKeyNorm,
            QueryKeyNormEpsilon = config.QueryKeyNormEpsilon,
            Interpolation = config.Interpolation,
        };
    }
}
