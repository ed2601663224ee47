using System.Globalization;

namespace VitGrid.Model.Encoders;

/// <summary>The function between the layers of an MLP.</summary>
internal enum MlpFunction
{
    /// <summary>The exact GELU, x · Φ(x).</summary>
    Gelu,

    /// <summary>GELU by tanh: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    TanhGelu,

    /// <summary>x · σ(1.702 x), OpenAI's.</summary>
    QuickGelu,

    /// <summary>x · σ(x).</summary>
    Silu,
}

/// <summary>Which numbers of a query or key are turned together.</summary>
internal enum RotaryPairs
{
    /// <summary>Number i of a head and number i + d/2.</summary>
    Halves,

    /// <summary>Numbers 2i and 2i + 1.</summary>
    Neighbours,
}

/// <summary>
/// Positions as rotations of queries and keys. <see cref="RotaryPairs.Halves"/> is DINOv3's: coordinates 2 (k + ½) / n − 1, periods
/// Base^(4i/d), a full turn a period. <see cref="RotaryPairs.Neighbours"/> is EVA02's: coordinates (k + Offset) · Grid / n, bands
/// Base^(−4i/d).
/// </summary>
/// <param name="Pairs">Which numbers are turned together, and with it which formula.</param>
/// <param name="Base">θ.</param>
internal sealed record RotaryFacts(RotaryPairs Pairs, double Base)
{
    /// <summary>The side of the grid that the encoder was trained at.</summary>
    public double Grid { get; init; }

    /// <summary>What is added to each patch's number.</summary>
    public double Offset { get; init; }

    /// <summary>Whether a patch's column comes before its row.</summary>
    public bool ColumnsFirst { get; init; }
}

/// <summary>Where the family's own pooling begins.</summary>
internal enum HeadSource
{
    /// <summary>The class token after the last norm.</summary>
    Class,

    /// <summary>The mean of the patches.</summary>
    Mean,

    /// <summary>A learned query that attends to all tokens.</summary>
    Attention,

    /// <summary>Several class tokens in a row.</summary>
    Classes,
}

/// <summary>Which row of a text's tokens becomes its vector.</summary>
internal enum TextPooling
{
    /// <summary>The first of those with the highest id: OpenAI's rule, whose end token has the highest.</summary>
    HighestId,

    /// <summary>The first that is the end token; the very first where none is.</summary>
    EndToken,

    /// <summary>The last, padding or not.</summary>
    Last,

    /// <summary>The very first.</summary>
    First,
}

/// <summary>What the graph of a text tower depends on besides its shape and its weights.</summary>
/// <param name="Causal">Whether a token sees those before it alone.</param>
/// <param name="Pooling">Which row becomes the vector.</param>
/// <param name="EndId">The end token's id, for <see cref="TextPooling.EndToken"/>.</param>
internal sealed record TextTowerFacts(bool Causal, TextPooling Pooling, int EndId = 0)
{
    /// <summary>Whether only the ids tell which row that is.</summary>
    public bool PoolsByIds => Pooling is TextPooling.HighestId or TextPooling.EndToken;

    /// <summary>All of it as text.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $", text {(Causal ? "causal" : "both ways")} {Pooling} {(Pooling == TextPooling.EndToken ? EndId : 0)}");
}

/// <summary>What the graph of a vision transformer depends on besides its shape and its weights.</summary>
internal sealed record TowerFacts
{
    /// <summary>The function inside the MLP.</summary>
    public MlpFunction Function { get; init; }

    /// <summary>Rotations; null where positions are only added.</summary>
    public RotaryFacts? Rotary { get; init; }

    /// <summary>Where the head begins, in encoders that have one.</summary>
    public HeadSource HeadFrom { get; init; }

    /// <summary>Heads of an attention that pools.</summary>
    public int PoolHeads { get; init; }

    /// <summary>The function inside the MLP of an attention that pools.</summary>
    public MlpFunction PoolFunction { get; init; }

    /// <summary>Epsilon of that attention's norm.</summary>
    public float PoolEpsilon { get; init; }

    /// <summary>Whether the head's projection is stored as [in, out].</summary>
    public bool ProjectionByColumns { get; init; }

    /// <summary>Which of the tokens in front make the head, where it is several class tokens.</summary>
    public string ClassRows { get; init; } = "";

    /// <summary>What the graph of a text tower depends on besides; null: it is an image tower.</summary>
    public TextTowerFacts? Text { get; init; }

    /// <summary>All of it as text that tells two graphs of equal weights apart.</summary>
    public string Describe()
    {
        string rotary = Rotary is { } turned
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{turned.Pairs} {turned.Base:R} {turned.Grid:R} {turned.Offset:R} {(turned.ColumnsFirst ? "columns" : "rows")}")
            : "none";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"function {Function}, rotary {rotary}, head {HeadFrom} {PoolHeads} {PoolFunction} {PoolEpsilon:R} {ProjectionByColumns} " +
            $"{ClassRows}{Text?.Describe()}");
    }
}
