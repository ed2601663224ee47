using System.Runtime.InteropServices;
using VitGrid.Engine.Models;

namespace VitGrid.Engine.Requests;

/// <summary>A text as a model's tower takes it, checked against its vocabulary and its context.</summary>
public sealed class TokenIds
{
    private TokenIds(int[] ids, int untruncated) => (Ids, Untruncated) = (ids, untruncated);

    /// <summary>The ids, as they came: padding at the end is neither added nor taken away.</summary>
    public ReadOnlyMemory<int> Ids { get; }

    /// <summary>Tokens of it.</summary>
    public int Count => Ids.Length;

    /// <summary>Tokens of the whole text, start and end tokens included.</summary>
    public int Untruncated { get; }

    /// <summary>Whether the end of the text was cut off.</summary>
    public bool IsTruncated => Untruncated > Count;

    /// <summary>The ids as bytes, of which the cache's key is made.</summary>
    internal ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(Ids.Span);

    /// <summary>Writes the ids as int32 and fills the rest with the padding id.</summary>
    internal void CopyTo(Span<byte> input, TextFacts facts)
    {
        Span<int> row = MemoryMarshal.Cast<byte, int>(input);
        Ids.Span.CopyTo(row);
        row[Count..].Fill(facts.PadId);
    }

    /// <summary>An id that a tower does not have, in an input of its; null: there is none.</summary>
    public static int? FindStranger(ReadOnlySpan<byte> input, TextFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        foreach (int id in MemoryMarshal.Cast<byte, int>(input))
        {
            if (id < 0 || id >= facts.VocabularySize)
                return id;
        }
        return null;
    }

    /// <summary>Checks ids against the tower <paramref name="model"/>, and keeps them.</summary>
    /// <exception cref="GridException">There are none, too many, or one that the tower does not have.</exception>
    internal static TokenIds Check(ModelInfo model, int[] ids, int untruncated)
    {
        TextFacts facts = model.Text!;
        if (ids.Length == 0 || ids.Length > facts.ContextLength)
        {
            throw new GridException(
                GridFault.InvalidRequest,
                $"a text of {ids.Length} tokens was sent; model '{model.ServedName}' takes 1 to {facts.ContextLength}, start and end "
                    + "tokens included");
        }
        int strange = Array.FindIndex(ids, id => id < 0 || id >= facts.VocabularySize);
        return strange < 0
            ? new(ids, untruncated)
            : throw new GridException(
                GridFault.InvalidRequest,
                $"token {strange} of the text is {ids[strange]}; model '{model.ServedName}' has tokens 0 to {facts.VocabularySize - 1}: "
                    + "these ids are another tokenizer's");
    }
}
