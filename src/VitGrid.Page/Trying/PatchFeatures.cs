namespace VitGrid.Page.Trying;

/// <summary>The patch tokens of one image at one layer.</summary>
/// <param name="Rows">Patches from top to bottom.</param>
/// <param name="Columns">Patches from left to right.</param>
/// <param name="Width">Numbers of a token.</param>
/// <param name="Values">[rows · columns, width].</param>
internal sealed record PatchFeatures(int Rows, int Columns, int Width, float[] Values)
{
    /// <summary>How many there are.</summary>
    public int Count => Rows * Columns;

    /// <summary>One token.</summary>
    public ReadOnlySpan<float> this[int patch] => Values.AsSpan(patch * Width, Width);

    /// <summary>The tokens of an array [1, D, rows, columns].</summary>
    /// <exception cref="FormatException">It is of another shape.</exception>
    public static PatchFeatures From(NpyArray array)
    {
        if (array.Shape is not [1, var width, var rows, var columns])
            throw new FormatException($"the answer has the shape [{string.Join(", ", array.Shape)}], and not [1, D, rows, columns]");
        float[] values = new float[array.Values.Length];
        int count = rows * columns;
        for (int channel = 0; channel < width; channel++)
        {
            for (int patch = 0; patch < count; patch++)
                values[(patch * width) + channel] = array.Values[(channel * count) + patch];
        }
        return new(rows, columns, width, values);
    }

    /// <summary>The cosine of each patch to one of them.</summary>
    public float[] CosinesTo(int chosen)
    {
        float[] cosines = new float[Count];
        for (int patch = 0; patch < Count; patch++)
            cosines[patch] = Similarity.Cosine(this[chosen], this[patch]);
        return cosines;
    }
}
