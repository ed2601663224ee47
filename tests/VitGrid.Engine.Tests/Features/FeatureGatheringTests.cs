using System.Buffers;
using VitGrid.Engine.Features;

namespace VitGrid.Engine.Tests.Features;

/// <summary>Blocks that come in pieces from other processes.</summary>
public sealed class FeatureGatheringTests : IDisposable
{
    private readonly FeatureGathering _gathering = new(2, _ => 10);
    private readonly List<Piece> _pieces = [];

    [Fact]
    public void Pieces_in_order_become_blocks_and_are_freed_with_them()
    {
        Assert.True(Add(1, 0, 6));
        Assert.True(Add(0, 0, 10));
        Assert.True(Add(1, 6, 4));
        Assert.Equal(0, _gathering.Missing);
        using (FeatureSet features = _gathering.Take())
        {
            Assert.Equal([10, 10], features.Blocks.Select(block => block.Bytes));
            Assert.Equal(2, features.Blocks[1].Chunks.Count);
            Assert.DoesNotContain(_pieces, piece => piece.IsFreed);
        }
        Assert.All(_pieces, piece => Assert.True(piece.IsFreed));
    }

    [Theory]
    [InlineData(0, 4, 6, 10, "one before it is missing")]
    [InlineData(2, 0, 6, 10, "there is no such block")]
    [InlineData(-1, 0, 6, 10, "there is no such block")]
    [InlineData(0, 0, 6, 12, "blocks have another length")]
    [InlineData(0, 0, 11, 10, "it is longer than the block")]
    public void A_piece_that_is_not_due_is_refused_and_freed(int block, long offset, int length, long total, string why)
    {
        Assert.False(Add(block, offset, length, total), why);
        Assert.True(_pieces[^1].IsFreed);
        Assert.Equal(2, _gathering.Missing);
    }

    [Fact]
    public void What_was_gathered_and_not_taken_is_freed()
    {
        Add(0, 0, 10);
        Add(1, 0, 3);
        _gathering.Dispose();
        Assert.All(_pieces, piece => Assert.True(piece.IsFreed));
    }

    public void Dispose() => _gathering.Dispose();

    private bool Add(int block, long offset, int length, long total = 10)
    {
        Piece piece = new(length);
        _pieces.Add(piece);
        return _gathering.Add(new FeaturePiece(block, offset, total, piece));
    }

    private sealed class Piece(int length) : IMemoryOwner<byte>
    {
        public bool IsFreed { get; private set; }

        public Memory<byte> Memory { get; } = new byte[length];

        public void Dispose() => IsFreed = true;
    }
}
