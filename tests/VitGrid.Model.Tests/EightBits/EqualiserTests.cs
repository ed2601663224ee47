using FsCheck.Xunit;
using VitGrid.Model.EightBits;

namespace VitGrid.Model.Tests.EightBits;

public sealed class EqualiserTests
{
    private const int Outputs = 32;
    private const int Inputs = 64;

    [Property]
    public void Dividing_the_norm_and_multiplying_the_columns_changes_no_product(int seed)
    {
        float[] matrix = RandomMatrix.From(seed, Outputs, Inputs), norm = RandomMatrix.From(seed + 1, 1, Inputs), row = RandomMatrix.From(
            seed + 2, 1, Inputs);
        float[] factors = Equaliser.Factors(norm, null, matrix);
        float[] moved = [.. matrix];
        Equaliser.MultiplyColumns(moved, factors);
        for (int j = 0; j < Outputs; j++)
        {
            double before = Enumerable.Range(0, Inputs).Sum(k => (double)matrix[(j * Inputs) + k] * norm[k] * row[k]);
            double after = Enumerable.Range(0, Inputs).Sum(k => (double)moved[(j * Inputs) + k] * (norm[k] / factors[k]) * row[k]);
            Assert.Equal(before, after, 1e-4);
        }
    }

    [Fact]
    public void A_channel_a_hundred_times_larger_is_left_ten_times_larger()
    {
        float[] norm = [.. Enumerable.Repeat(1f, Inputs)];
        norm[5] = 100;
        float[] factors = Equaliser.Factors(norm, null, [.. Enumerable.Repeat(1f, Outputs * Inputs)]);
        Assert.Equal(10, factors[5] / factors[4], 1e-3);
    }

    [Fact]
    public void Zeros_in_the_norm_or_in_the_weights_give_finite_factors()
    {
        float[] norm = new float[Inputs], matrix = new float[Outputs * Inputs];
        Assert.All(Equaliser.Factors(norm, norm, matrix), factor => Assert.Equal(1, factor));
        (norm[3], matrix[7]) = (1, 1);
        Assert.All(Equaliser.Factors(norm, null, matrix), factor => Assert.True(float.IsFinite(factor) && factor > 0));
    }
}
