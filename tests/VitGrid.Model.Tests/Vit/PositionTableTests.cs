using FsCheck.Xunit;
using VitGrid.Model.Encoders;
using VitGrid.Model.Vit;

namespace VitGrid.Model.Tests.Vit;

/// <summary>Properties of both kernels; their values are held by the golden models of other input sizes.</summary>
public sealed class PositionTableTests
{
    [Theory]
    [InlineData(PositionInterpolation.Original)]
    [InlineData(PositionInterpolation.Timm)]
    public void The_stored_grid_is_left_as_it_is(PositionInterpolation kernel)
    {
        float[] table = [.. Enumerable.Range(0, (16 + 1) * 3).Select(i => MathF.Sin(i))];
        Assert.Equal(table, PositionTable.Fit(table, width: 3, side: 4, height: 4, breadth: 4, kernel));
    }

    [Property]
    public void An_even_table_stays_even_at_every_size(byte height, byte breadth, bool timm)
    {
        float[] table = [.. Enumerable.Repeat(0.75f, 17)];
        PositionInterpolation kernel = timm ? PositionInterpolation.Timm : PositionInterpolation.Original;
        int rows = (height % 20) + 1;
        int columns = (breadth % 20) + 1;
        float[] fitted = PositionTable.Fit(table, width: 1, side: 4, rows, columns, kernel);
        Assert.Equal((rows * columns) + 1, fitted.Length);
        Assert.All(fitted, value => Assert.Equal(0.75f, value, 5));
    }

    [Fact]
    public void The_class_tokens_row_is_never_touched()
    {
        float[] table = [.. Enumerable.Range(0, 17 * 2).Select(i => (float)i)];
        float[] fitted = PositionTable.Fit(table, width: 2, side: 4, height: 7, breadth: 3, PositionInterpolation.Original);
        Assert.Equal([0f, 1f], fitted[..2]);
    }
}
