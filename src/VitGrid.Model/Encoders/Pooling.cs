namespace VitGrid.Model.Encoders;

/// <summary>How an image's tokens become one vector.</summary>
public enum Pooling
{
    /// <summary>The class token: D numbers.</summary>
    Cls,

    /// <summary>The mean of the patch tokens: D numbers.</summary>
    Mean,

    /// <summary>Both, concatenated: 2 D numbers.</summary>
    ClsMean,

    /// <summary>
    /// What the family makes of them itself, from the last block's output: CLIP's projection, SigLIP's attention pooling, the norm of the
    /// mean.
    /// </summary>
    Head,
}

/// <summary>Names of <see cref="Pooling"/>, as requests and cache keys have them.</summary>
public static class PoolingNames
{
    /// <summary><c>cls</c>, <c>mean</c>, <c>cls+mean</c> or <c>head</c>.</summary>
    public static string Name(this Pooling pooling) => pooling switch
    {
        Pooling.Cls => "cls",
        Pooling.Mean => "mean",
        Pooling.ClsMean => "cls+mean",
        Pooling.Head => "head",
        _ => throw new ArgumentOutOfRangeException(nameof(pooling), pooling, "a pooling without a name"),
    };
}

/// <summary>
/// The poolings that an encoder has, and where they stand in its pooled vector: the class token where there is one, the mean of the
/// patches, and after the last block the family's own head.
/// </summary>
public sealed record PoolingFacts
{
    /// <summary>Whether there is a class token.</summary>
    public bool ClassToken { get; init; } = true;

    /// <summary>Numbers of the family's own pooling; 0: it has none.</summary>
    public int HeadWidth { get; init; }

    /// <summary>What a request that names none gets: the model's published embedding.</summary>
    public Pooling Default { get; init; }

    /// <summary>All that it has, in the order of <see cref="Pooling"/>.</summary>
    public IEnumerable<Pooling> All() => Enum.GetValues<Pooling>().Where(Has);

    /// <summary>Whether it has <paramref name="pooling"/>, after the last block at least.</summary>
    public bool Has(Pooling pooling) => pooling switch
    {
        Pooling.Mean => true,
        Pooling.Head => HeadWidth > 0,
        _ => ClassToken,
    };

    /// <summary>Numbers of the pooled vector of a layer: all parts, one after another.</summary>
    /// <param name="width">D.</param>
    /// <param name="last">Whether it is the last block's.</param>
    public int VectorWidth(int width, bool last) => (Rows * width) + (last ? HeadWidth : 0);

    /// <summary>Numbers of one pooling.</summary>
    public int Width(Pooling pooling, int width) => pooling switch
    {
        Pooling.ClsMean => 2 * width,
        Pooling.Head => HeadWidth,
        _ => width,
    };

    /// <summary>The part of a pooled vector that is <paramref name="pooling"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The encoder does not have it.</exception>
    public Range Part(Pooling pooling, int width)
    {
        if (!Has(pooling))
            throw new ArgumentOutOfRangeException(nameof(pooling), pooling, "this encoder does not have it");
        int first = pooling switch
        {
            Pooling.Mean => (Rows - 1) * width,
            Pooling.Head => Rows * width,
            _ => 0,
        };
        return first..(first + Width(pooling, width));
    }

    /// <summary>The names of all, for a message: <c>cls, mean, cls+mean</c>.</summary>
    public override string ToString() => string.Join(", ", All().Select(pooling => pooling.Name()));

    /// <summary>Vectors of the encoder's own width: the class token's and the mean.</summary>
    private int Rows => ClassToken ? 2 : 1;
}
