using VitGrid.Engine.Models;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Testing;

/// <summary>Facts of a model of four blocks that has no files.</summary>
internal static class TinyFacts
{
    public static ModelFacts Create(int segments = 1, int replicas = 1)
    {
        ImagePreprocessing preprocessing = new(
            ResizeMode.Squash, 56, 1, ImagePreprocessing.ImageNetMean, ImagePreprocessing.ImageNetStandardDeviation);
        EncoderArchitecture architecture = new()
        {
            Width = 64,
            Depth = 4,
            Heads = 4,
            MlpWidth = 128,
            PatchSize = 14,
            ImageSize = 56,
            Norm = NormKind.LayerNorm,
            NormEpsilon = 1e-6f,
            QueryKeyNorm = false,
            QueryKeyNormEpsilon = 1e-6f,
            Interpolation = PositionInterpolation.Original,
        };
        return new()
        {
            Directory = "/models/m",
            Architecture = architecture,
            Costs = EncoderCosts.From(architecture, InputSize.Square(56), queryBias: true),
            Profile = PreprocessProfile.Resolve(null, preprocessing),
            Preprocessing = preprocessing,
            Precision = Precision.Fp32,
            Arithmetic = "fp32",
            MaxBatchSize = 1,
            Segments = segments,
            Replicas = replicas,
        };
    }
}
