namespace VitGrid.Model.Segments;

/// <summary>A run of blocks that one segment holds.</summary>
/// <param name="First">Index of the first block.</param>
/// <param name="Count">How many; at least one.</param>
public readonly record struct BlockRange(int First, int Count)
{
    /// <summary>Index after the last block.</summary>
    public int End => First + Count;

    /// <inheritdoc/>
    public override string ToString() => $"{First}..{End - 1}";
}
