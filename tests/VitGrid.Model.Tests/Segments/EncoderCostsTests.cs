using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Tests.Segments;

public sealed class EncoderCostsTests
{
    [Theory]
    [InlineData("300M", 448, 724, 304_012_288)]
    [InlineData("6B-48", 224, 3_073, 5_902_793_600)]
    [InlineData("6B-45", 448, 11_945, 5_536_496_000)]
    public void Published_models_cost_what_their_table_says(string model, int side, int gigaFlops, long parameters)
    {
        EncoderCosts costs = EncoderCosts.From(Shape(model, side), InputSize.Square(side), queryBias: model == "300M");

        Assert.Equal(gigaFlops, Math.Round(costs.TotalFlops / 1e9));
        Assert.Equal(parameters, costs.TotalParameters);
    }

    [Fact]
    public void Attention_scores_dominate_the_activations_of_a_large_image()
    {
        EncoderCosts costs = EncoderCosts.From(Shape("300M", 448), InputSize.Square(448), queryBias: true);

        Assert.Equal((5L * 1025 * 1024) + (16L * 1025 * 1025), costs.ActivationElements);
    }

    private static EncoderArchitecture Shape(string model, int side)
    {
        bool large = model != "300M";
        return new()
        {
            Width = large ? 3200 : 1024,
            Depth = model switch { "300M" => 24, "6B-48" => 48, _ => 45 },
            Heads = large ? 25 : 16,
            MlpWidth = large ? 12800 : 4096,
            PatchSize = 14,
            ImageSize = side,
            Norm = large ? NormKind.RmsNorm : NormKind.LayerNorm,
            NormEpsilon = 1e-6f,
            QueryKeyNorm = large,
            QueryKeyNormEpsilon = 1e-6f,
            Interpolation = PositionInterpolation.Original,
        };
    }
}
