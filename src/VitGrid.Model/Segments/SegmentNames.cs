namespace VitGrid.Model.Segments;

/// <summary>Names of a segment's inputs and outputs. Layer 0 is the embedding stage, layer i the output of block i − 1.</summary>
public static class SegmentNames
{
    /// <summary>uint8 [B, H, W, 3], red first.</summary>
    public const string Pixels = "pixels";

    /// <summary>float [B, 3, H, W], already normalised.</summary>
    public const string PixelValues = "pixel_values";

    /// <summary>int32 [B, N], a text's token ids, filled up to the context length.</summary>
    public const string InputIds = "input_ids";

    /// <summary>
    /// [B, T, D] in the type that the segment computes in; of texts perhaps with a row more, which says where they are pooled.
    /// </summary>
    public static string HiddenState(int layer) => $"hidden_states.{layer}";

    /// <summary>[B, N, E] in the type that the segment computes in: what a projector makes of the patch tokens.</summary>
    public const string VisualTokens = "visual_tokens";

    /// <summary>[B, T, D] like <see cref="HiddenState"/>, after the norm that follows the last block.</summary>
    public static string NormedState(int layer) => $"normed_states.{layer}";

    /// <summary>
    /// float [B, 2, D]: class token, then the mean of the patch tokens; [B, 1, D] without a class token. Of the last layer of an encoder
    /// with a head of its own: the same in a row, then the head's numbers.
    /// </summary>
    public static string Pooled(int layer) => $"pooled.{layer}";
}
