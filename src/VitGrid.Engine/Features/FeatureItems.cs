using System.Buffers;

namespace VitGrid.Engine.Features;

/// <summary>A block of one image of a batch, or why there is none.</summary>
/// <param name="Item">Which image of the batch.</param>
/// <param name="Block">Which of its blocks.</param>
/// <param name="Content">The block; null where there is none. The receiver's to dispose.</param>
/// <param name="Problem">Why there is none; null where there is one.</param>
public sealed record FeatureItem(int Item, int Block, FeatureBlock? Content, string? Problem)
{
    /// <summary>Whether the element type that was asked for is the problem: another request may have the block.</summary>
    public bool IsBeyondType { get; init; }
}

/// <summary>What a stage gives out of some images of a batch.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Items">The blocks.</param>
public sealed record FeatureItems(long Batch, IReadOnlyList<FeatureItem> Items);

/// <summary>A piece of a block on its way from another process.</summary>
/// <param name="Block">Which of the image's blocks.</param>
/// <param name="Offset">Bytes of the block before it.</param>
/// <param name="Total">Bytes of the block.</param>
/// <param name="Content">The piece; the receiver's to dispose.</param>
public readonly record struct FeaturePiece(int Block, long Offset, long Total, IMemoryOwner<byte> Content);

/// <summary>The blocks of one image so far, whole or in pieces. Not thread-safe.</summary>
/// <param name="blocks">How many there are.</param>
/// <param name="bytesOf">Bytes of a block; null: whatever comes.</param>
public sealed class FeatureGathering(int blocks, Func<int, long>? bytesOf = null) : IDisposable
{
    private readonly FeatureBlock?[] _blocks = new FeatureBlock?[blocks];
    private readonly List<IMemoryOwner<byte>>?[] _pieces = new List<IMemoryOwner<byte>>?[blocks];
    private readonly long[] _received = new long[blocks];
    private int _missing = blocks;

    /// <summary>Blocks that have not come.</summary>
    public int Missing => _missing;

    /// <summary>Why the image has no features; null while nothing speaks against it.</summary>
    public string? Problem { get; private set; }

    /// <summary>See <see cref="FeatureItem.IsBeyondType"/>, of the item with the problem.</summary>
    public bool IsBeyondType { get; private set; }

    /// <summary>Takes a block over; one that has come before, or is none of the image's, is dropped.</summary>
    public void Add(FeatureItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (Problem is null)
            (Problem, IsBeyondType) = (item.Problem, item.IsBeyondType);
        if (item.Block < 0 || item.Block >= _blocks.Length || _blocks[item.Block] is not null)
        {
            item.Content?.Dispose();
            return;
        }
        // What has a problem needs no block, but counts as come.
        _blocks[item.Block] = item.Content ?? FeatureBlock.Adopt([]);
        _missing--;
    }

    /// <summary>Takes a piece over; pieces of a block come in order. False: it is not the one that is due, and was dropped.</summary>
    public bool Add(FeaturePiece piece)
    {
        int block = piece.Block, length = piece.Content.Memory.Length;
        if (block < 0 || block >= _blocks.Length || _blocks[block] is not null || piece.Offset != _received[block]
            || piece.Total != (bytesOf?.Invoke(block) ?? piece.Total) || length > piece.Total - piece.Offset)
        {
            piece.Content.Dispose();
            return false;
        }
        List<IMemoryOwner<byte>> pieces = _pieces[block] ??= [];
        pieces.Add(piece.Content);
        _received[block] += length;
        if (_received[block] == piece.Total)
        {
            _pieces[block] = null;
            Add(new FeatureItem(0, block, FeatureBlock.Adopt(pieces), null));
        }
        return true;
    }

    /// <summary>All blocks, which are the caller's from then on.</summary>
    public FeatureSet Take()
    {
        FeatureSet taken = new([.. _blocks.Select(block => block!)]);
        Array.Clear(_blocks);
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable? held in _blocks.Concat<IDisposable?>(_pieces.SelectMany(pieces => pieces ?? [])))
            held?.Dispose();
        Array.Clear(_blocks);
        Array.Clear(_pieces);
    }
}
