namespace VitGrid.Text;

/// <summary>The token ids of a text.</summary>
/// <param name="Ids">The ids without padding, at most the context length.</param>
/// <param name="UntruncatedLength">Tokens that the whole text has, start and end tokens included.</param>
public sealed record TokenizedText(int[] Ids, int UntruncatedLength)
{
    /// <summary>Tokens that are no padding: what an attention mask covers.</summary>
    public int Length => Ids.Length;

    /// <summary>Whether the end of the text was cut off.</summary>
    public bool IsTruncated => UntruncatedLength > Ids.Length;

    /// <summary>Writes the ids and fills the rest with <paramref name="padId"/>.</summary>
    /// <param name="row">A row of a batch, at least <see cref="Length"/> long.</param>
    /// <param name="padId">The tokenizer's <see cref="ITextTokenizer.PadId"/>.</param>
    public void CopyTo(Span<long> row, int padId)
    {
        for (int i = 0; i < Ids.Length; i++)
            row[i] = Ids[i];
        row[Ids.Length..].Fill(padId);
    }
}
