using VitGrid.Engine.Caching;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Tests.Caching;

/// <summary>What caches keep of an image that was cut into tiles.</summary>
public sealed class TiledVectorTests
{
    private static readonly TileGrid Grid = new(2, 1, Thumbnail: true);

    [Fact]
    public void Tiles_come_back_in_their_order_with_their_grid()
    {
        float[] packed = TiledVector.Pack(Grid, [new float[] { 1, 2 }, new float[] { 3, 4 }, new float[] { 5, 6 }]);
        Assert.Equal(Grid, TiledVector.GridOf(packed, 2));
        Assert.Equal([[1, 2], [3, 4], [5, 6]], TiledVector.InputsOf(packed, 2).Select(input => input.ToArray()));
    }

    [Fact]
    public void A_mean_is_summed_in_double()
    {
        ReadOnlyMemory<float>[] vectors = [new float[] { 1e8f, 1 }, new float[] { 1, 2 }, new float[] { -1e8f, 6 }];
        Assert.Equal([1 / 3f, 3], TiledVector.Mean(vectors));
    }

    [Theory]
    [InlineData(2, 1, 1, 5)]
    [InlineData(2, 1, 2, 6)]
    [InlineData(2, 1.5f, 1, 6)]
    [InlineData(0, 1, 1, 6)]
    [InlineData(65, 1, 0, 130)]
    [InlineData(float.NaN, 1, 1, 6)]
    public void What_is_none_is_found_out(float columns, float rows, float thumbnail, int numbers) =>
        Assert.Null(TiledVector.GridOf([columns, rows, thumbnail, .. new float[numbers]], 2));

    [Fact]
    public void What_is_too_short_for_a_grid_is_none() => Assert.Null(TiledVector.GridOf([1, 1], 2));
}
