using System.Numerics.Tensors;

namespace VitGrid.Page.Trying;

/// <summary>How alike vectors are. Pure.</summary>
internal static class Similarity
{
    /// <summary>Cosine from which two images are told to be the same one, changed a little.</summary>
    public const float Duplicate = 0.985f;

    /// <summary>The cosine of two vectors of one length; 0 where one of them is zero.</summary>
    public static float Cosine(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        float cosine = TensorPrimitives.CosineSimilarity(one, other);
        return float.IsFinite(cosine) ? Math.Clamp(cosine, -1, 1) : 0;
    }

    /// <summary>The places of the nearest others, the nearest first.</summary>
    /// <param name="vectors">All vectors.</param>
    /// <param name="place">Whose neighbours.</param>
    /// <param name="count">At most so many.</param>
    public static IReadOnlyList<(int Place, float Cosine)> Nearest(IReadOnlyList<float[]> vectors, int place, int count) =>
    [
        .. vectors.Index().Where(other => other.Index != place).Select(other => (other.Index, Cosine(vectors[place], other.Item)))
            .OrderByDescending(other => other.Item2).Take(count),
    ];

    /// <summary>All places in the order of their likeness to a vector.</summary>
    public static IReadOnlyList<(int Place, float Cosine)> Rank(IReadOnlyList<float[]> vectors, float[] query) =>
        [.. vectors.Index().Select(other => (other.Index, Cosine(query, other.Item))).OrderByDescending(other => other.Item2)];

    /// <summary>The nearest place that is a duplicate; null: there is none.</summary>
    public static int? DuplicateOf(IReadOnlyList<float[]> vectors, int place) =>
        Nearest(vectors, place, 1) is [var (other, cosine)] && cosine >= Duplicate ? other : null;
}
