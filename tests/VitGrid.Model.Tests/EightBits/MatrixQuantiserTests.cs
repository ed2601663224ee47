using FsCheck.Xunit;
using VitGrid.Model.EightBits;

namespace VitGrid.Model.Tests.EightBits;

public sealed class MatrixQuantiserTests
{
    [Property]
    public void Every_weight_is_within_half_a_step_of_its_8_bit_form(int seed, byte outputs, byte inputs, bool pairSafe)
    {
        (int rows, int columns) = (outputs + 1, inputs + 1);
        float[] matrix = RandomMatrix.From(seed, rows, columns);
        QuantisedMatrix quantised = MatrixQuantiser.Quantise(matrix, rows, pairSafe ? EightBitForm.PairSafe : EightBitForm.Vnni);
        for (int j = 0; j < rows; j++)
        {
            for (int k = 0; k < columns; k++)
            {
                int weight = quantised.Weights[(k * rows) + j];
                Assert.InRange(weight, -127, 127);
                Assert.InRange(Math.Abs((weight * quantised.Scales[j]) - matrix[(j * columns) + k]), 0, quantised.Scales[j] * 0.50001f);
            }
        }
    }

    [Fact]
    public void The_largest_weight_of_an_output_takes_the_whole_range()
    {
        QuantisedMatrix quantised = MatrixQuantiser.Quantise([1, -4, 2, 0.5f, 0.25f, 0.125f], outputs: 2, EightBitForm.Vnni);
        Assert.Equal([32, 127, -127, 64, 64, 32], quantised.Weights);
        Assert.Equal([4f / 127, 0.5f / 127], quantised.Scales);
    }

    [Fact]
    public void The_safe_form_bounds_the_sum_of_two_neighbours_of_one_sign_and_nothing_else()
    {
        Assert.Equal([64, 64, 0, 0], MatrixQuantiser.Quantise([1, 1, 0, 0], outputs: 1, EightBitForm.PairSafe).Weights);
        Assert.Equal([127, -127, 0, 0, 127], MatrixQuantiser.Quantise([1, -1, 0, 0, 1], outputs: 1, EightBitForm.PairSafe).Weights);
    }

    [Fact]
    public void An_output_of_zeros_stays_zero()
    {
        QuantisedMatrix quantised = MatrixQuantiser.Quantise([0, 0, 3, -1], outputs: 2, EightBitForm.PairSafe);
        Assert.Equal([0, 127, 0, -42], quantised.Weights);
        Assert.Equal(0, quantised.Scales[0]);
    }
}

/// <summary>Matrices like those of a network, from a seed.</summary>
internal static class RandomMatrix
{
    /// <summary>[rows, columns] of normal numbers.</summary>
    public static float[] From(int seed, int rows, int columns)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, rows * columns).Select(_ => (float)Normal(random))];
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
