using VitGrid.Server.Api.Answers;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>From the grid's vector to the one that is written.</summary>
internal static class VectorForm
{
    /// <exception cref="ArithmeticException">A value is NaN or infinite.</exception>
    public static float[] From(ReadOnlyMemory<float> vector, VectorLength length)
    {
        // Also refuses what is no number, for both forms.
        float[] unit = VectorEncoding.Normalize(vector.Span);
        return length == VectorLength.One ? unit : vector.ToArray();
    }
}
