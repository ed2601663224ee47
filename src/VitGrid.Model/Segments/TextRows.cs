using VitGrid.Model.Encoders;

namespace VitGrid.Model.Segments;

/// <summary>
/// How many rows of a text have to be computed. In a causal tower no row depends on those behind it: what stands behind the row that
/// becomes the vector is padding, and is left out. The number is rounded up, so that texts of like length are computed together, and
/// depends on the text alone.
/// </summary>
public sealed class TextRows
{
    /// <summary>Numbers of rows are multiples of this, or the context length.</summary>
    public const int Step = 16;

    private readonly TextTowerFacts _facts;

    private TextRows(TextTowerFacts facts, int context) => (_facts, Context) = (facts, context);

    /// <summary>Rows of a text that is computed whole.</summary>
    public int Context { get; }

    /// <summary>The rows of an encoder's texts; null where all are computed whatever the text, or it takes none.</summary>
    internal static TextRows? From(EncoderModel model) => model.Tower?.Text is { Causal: true, PoolsByIds: true } facts
        ? new(facts, model.Architecture.ContextLength) : null;

    /// <summary>The same for a segment; null also where others want to see all rows: the next segment, or whoever asks for them.</summary>
    internal static TextRows? From(EncoderModel model, SegmentRequest request) =>
        request.ShortTexts && request.HiddenStates.IsEmpty && request.NormedStates.IsEmpty && request.Outputs.IsEmpty
        && request.Blocks == new BlockRange(0, model.Architecture.Depth) ? From(model) : null;

    /// <summary>Rows of the text of these ids, at most <see cref="Context"/>.</summary>
    public int Count(ReadOnlySpan<int> ids)
    {
        int row = _facts.Pooling == TextPooling.EndToken ? Math.Max(0, ids.IndexOf(_facts.EndId)) : HighestOf(ids);
        return Math.Min(Context, (row / Step * Step) + Step);
    }

    /// <summary>The first of the highest ids.</summary>
    private static int HighestOf(ReadOnlySpan<int> ids)
    {
        int highest = 0;
        for (int i = 1; i < ids.Length; i++)
        {
            if (ids[i] > ids[highest])
                highest = i;
        }
        return highest;
    }
}
