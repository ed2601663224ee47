namespace VitGrid.Indexing.Reading;

/// <summary>Rows of an index that are in memory together.</summary>
/// <param name="Ids">The rows' ids, in order.</param>
/// <param name="Numbers">[rows, dimensions], as they are stored.</param>
public sealed record VectorBlock(IReadOnlyList<string> Ids, ReadOnlyMemory<float> Numbers)
{
    /// <summary>Numbers of a block at most, 16 MiB of float32; one row may have more.</summary>
    internal const int MaxNumbers = 1 << 22;

    /// <summary>Numbers in a vector; 0 of a block without rows.</summary>
    public int Dimensions => Ids.Count == 0 ? 0 : Numbers.Length / Ids.Count;
}
