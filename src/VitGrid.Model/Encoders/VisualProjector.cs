namespace VitGrid.Model.Encoders;

/// <summary>
/// From an encoder's patch tokens to those of a language model, as InternVL's chat models have it: squares of patches become one token each
/// (pixel shuffle), which then passes a norm, a linear layer, the exact GELU and a second linear layer.
/// </summary>
public sealed record VisualProjector
{
    /// <summary>Epsilon of the norm: PyTorch's default, not the encoder's.</summary>
    public const float NormEpsilon = 1e-5f;

    /// <summary>The norm over a square's channels, [S² D].</summary>
    public required NormWeights Norm { get; init; }

    /// <summary>The first linear layer, [M, S² D].</summary>
    public required LinearWeights First { get; init; }

    /// <summary>The second linear layer, [E, M].</summary>
    public required LinearWeights Second { get; init; }

    /// <summary>The hidden state that it takes, 0…L.</summary>
    public required int Layer { get; init; }

    /// <summary>S, the side of a square of patches.</summary>
    public required int Side { get; init; }

    /// <summary>Whether tokens stand column by column, as the first version of the shuffle leaves them.</summary>
    public required bool ByColumns { get; init; }

    /// <summary>E, the language model's width.</summary>
    public int Width => (int)Second.Weight.Shape[0];
}
