using VitGrid.Model.Encoders;

namespace VitGrid.Model.Towers;

/// <summary>
/// Cosines and sines of the angles that each token's queries and keys are turned by: half of them follow the patch's row, half its column.
/// Tokens before the patches are not turned.
/// </summary>
internal static class RotaryTable
{
    /// <summary>Makes both tables, [prefix + height · breadth, head / 2].</summary>
    /// <param name="facts">The formula.</param>
    /// <param name="head">d, the width of a head; a multiple of 4.</param>
    /// <param name="prefix">Tokens before the patches.</param>
    /// <param name="height">Patches from top to bottom.</param>
    /// <param name="breadth">Patches from left to right.</param>
    public static (float[] Cosines, float[] Sines) Make(RotaryFacts facts, int head, int prefix, int height, int breadth)
    {
        int half = head / 2;
        float[] cosines = new float[(prefix + (height * breadth)) * half], sines = new float[cosines.Length];
        Array.Fill(cosines, 1f, 0, prefix * half);
        for (int patch = 0; patch < height * breadth; patch++)
        {
            double row = Coordinate(facts, patch / breadth, height), column = Coordinate(facts, patch % breadth, breadth);
            (double first, double second) = facts.ColumnsFirst ? (column, row) : (row, column);
            for (int i = 0; i < half; i++)
            {
                double angle = (i < head / 4 ? first : second) * Frequency(facts, i % (head / 4), head);
                int at = ((prefix + patch) * half) + i;
                (cosines[at], sines[at]) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
            }
        }
        return (cosines, sines);
    }

    private static double Coordinate(RotaryFacts facts, int index, int count) => facts.Pairs == RotaryPairs.Halves
        ? (2 * (index + 0.5) / count) - 1
        : (index + facts.Offset) / count * facts.Grid;

    private static double Frequency(RotaryFacts facts, int index, int head)
    {
        double period = Math.Pow(facts.Base, 4.0 * index / head);
        return (facts.Pairs == RotaryPairs.Halves ? 2 * Math.PI : 1) / period;
    }
}
