using System.Numerics.Tensors;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>The form in which vectors are given out.</summary>
internal static class VectorForm
{
    /// <summary>The vector scaled to length one; a zero vector stays zero.</summary>
    public static float[] Unit(ReadOnlySpan<float> vector)
    {
        float[] unit = vector.ToArray();
        float norm = TensorPrimitives.Norm(vector);
        if (norm > 0)
            TensorPrimitives.Divide(vector, norm, unit);
        return unit;
    }
}
