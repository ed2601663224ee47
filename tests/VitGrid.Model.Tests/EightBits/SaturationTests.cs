using FsCheck.Xunit;
using VitGrid.Model.EightBits;

namespace VitGrid.Model.Tests.EightBits;

/// <summary>
/// The kernel of processors with AVX2 and without VNNI, played instruction by instruction: <c>vpmaddubsw</c> multiplies two unsigned bytes
/// with two signed ones and adds the products in 16 bits that saturate; <c>vpmaddwd</c> then sums in 32. On such a machine the plain form
/// of the weights fails what the safe form passes here.
/// </summary>
public sealed class SaturationTests
{
    private const int Outputs = 16;
    private const int Inputs = 512;
    private const int Zero = 128;

    [Property]
    public void The_safe_form_never_saturates_whatever_the_activations(int seed, bool extremes)
    {
        byte[] activations = Activations(seed, extremes);
        QuantisedMatrix quantised = MatrixQuantiser.Quantise(WithOutliers(seed), Outputs, EightBitForm.PairSafe);
        for (int j = 0; j < Outputs; j++)
            Assert.Equal(Exact(activations, quantised, j), Saturating(activations, quantised, j));
    }

    [Property]
    public void No_two_of_four_neighbours_can_exceed_16_bits_in_the_safe_form(int seed)
    {
        QuantisedMatrix quantised = MatrixQuantiser.Quantise(WithOutliers(seed), Outputs, EightBitForm.PairSafe);
        for (int j = 0; j < Outputs; j++)
        {
            foreach (int[] four in Enumerable.Range(0, Inputs).Select(k => (int)quantised.Weights[(k * Outputs) + j]).Chunk(4))
            {
                int most = four.Where(weight => weight > 0).OrderDescending().Take(2).Sum(), least = four.Where(
                    weight => weight < 0).Order().Take(2).Sum();
                Assert.InRange(byte.MaxValue * most, 0, short.MaxValue);
                Assert.InRange(byte.MaxValue * least, short.MinValue, 0);
            }
        }
    }

    [Fact]
    public void The_plain_form_is_wrong_without_VNNI_and_the_safe_one_is_right()
    {
        Assert.InRange(CosineOnAvx2(EightBitForm.PairSafe), 0.9995, 1);
        Assert.InRange(CosineOnAvx2(EightBitForm.Vnni), 0, 0.99);
    }

    /// <summary>
    /// The cosine between what the kernel gives and the product in float64, over weights and activations with outliers side by side.
    /// </summary>
    private static double CosineOnAvx2(EightBitForm form)
    {
        float[] matrix = WithOutliers(1);
        byte[] activations = Activations(1, extremes: true);
        QuantisedMatrix quantised = MatrixQuantiser.Quantise(matrix, Outputs, form);
        double dot = 0, left = 0, right = 0;
        for (int j = 0; j < Outputs; j++)
        {
            // As the runtime does: the zero point's share is taken off the sum.
            int zeros = Zero * Enumerable.Range(0, Inputs).Sum(k => quantised.Weights[(k * Outputs) + j]);
            double computed = quantised.Scales[j] * (Saturating(activations, quantised, j) - zeros);
            double exact = Enumerable.Range(0, Inputs).Sum(k => matrix[(j * Inputs) + k] * (double)(activations[k] - Zero));
            (dot, left, right) = (dot + (computed * exact), left + (computed * computed), right + (exact * exact));
        }
        return dot / Math.Sqrt(left * right);
    }

    /// <summary>Pairs of neighbours, as large as each other, in every output.</summary>
    private static float[] WithOutliers(int seed)
    {
        float[] matrix = RandomMatrix.From(seed, Outputs, Inputs);
        for (int j = 0; j < Outputs; j++)
        {
            int pair = (j * Inputs) + (2 * (j % (Inputs / 2)));
            matrix[pair] = matrix[pair + 1] = 30 * (j % 2 == 0 ? 1 : -1);
        }
        return matrix;
    }

    private static byte[] Activations(int seed, bool extremes)
    {
        byte[] activations = new byte[Inputs];
        new Random(seed).NextBytes(activations);
        if (extremes)
            activations.AsSpan(0, 2 * Outputs).Fill(byte.MaxValue);
        return activations;
    }

    private static int Exact(byte[] activations, QuantisedMatrix quantised, int output) =>
        Enumerable.Range(0, Inputs).Sum(k => activations[k] * quantised.Weights[(k * Outputs) + output]);

    private static int Saturating(byte[] activations, QuantisedMatrix quantised, int output)
    {
        int sum = 0;
        for (int k = 0; k < Inputs; k += 2)
        {
            int pair = (activations[k] * quantised.Weights[(k * Outputs) + output])
                + (activations[k + 1] * quantised.Weights[((k + 1) * Outputs) + output]);
            sum += Math.Clamp(pair, short.MinValue, short.MaxValue);
        }
        return sum;
    }
}
