namespace VitGrid.Model.Segments;

/// <summary>A run of blocks that one segment holds.</summary>
/// <param name="First">Index of the first block.</param>
/// <param name="Count">How many; at least one.</param>
public readonly record struct BlockRange(int First, int Count)
{
    /// <summary>Index after the last block.</summary>
    public int End => First + Count;

    /// <summary>
    /// Cuts <paramref name="depth"/> blocks into <paramref name="segments"/> runs whose lengths differ by one at most, longer ones
    /// first.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="segments"/> is not in 1…<paramref name="depth"/>.</exception>
    public static IReadOnlyList<BlockRange> Split(int depth, int segments)
    {
        if (segments < 1 || segments > depth)
            throw new ArgumentOutOfRangeException(nameof(segments), segments, $"{depth} blocks can be cut into 1 to {depth} segments");
        int shortest = depth / segments;
        int longer = depth % segments;
        return
        [
            .. Enumerable.Range(0, segments)
                .Select(i => new BlockRange((i * shortest) + Math.Min(i, longer), shortest + (i < longer ? 1 : 0))),
        ];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{First}..{End - 1}";
}
