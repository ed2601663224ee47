using System.Text.Json;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Runtime.Tests.Images.Processors;

/// <summary>InternVL's dynamic tiling against the reference's own grids and tiles.</summary>
public sealed class ImageTilingTests
{
    private static readonly PreprocessProfile Squash = new() { Mode = ResizeMode.Squash, Size = InputSize.Square(448) };

    public static TheoryData<string> Tiled =>
        [.. ProcessorSheets.Expected.GetProperty("internvl_tiles").GetProperty("pictures").EnumerateObject().Select(image => image.Name)];

    [Fact]
    public void Every_grid_equals_the_references()
    {
        JsonElement expected = ProcessorSheets.Json("tiles.json");
        int tile = expected.GetProperty("tile_size").GetInt32();
        JsonElement[] rows = [.. expected.GetProperty("grids").EnumerateArray()];
        Assert.Equal(240, rows.Length);
        foreach (JsonElement row in rows)
        {
            (int min, int max) = (Number(row, "min_num"), Number(row, "max_num"));
            (int width, int height) = (Number(row, "width"), Number(row, "height"));
            TileGrid plain = new ImageTiling(min, max, false).GridFor(width, height, tile);
            TileGrid thumbnail = new ImageTiling(min, max, true).GridFor(width, height, tile);
            Assert.Equal(
                (Number(row, "columns"), Number(row, "rows"), Number(row, "tiles"), Number(row, "tiles_with_thumbnail")),
                (plain.Columns, plain.Rows, plain.Inputs, thumbnail.Inputs));
        }
    }

    // Of grids equally near, the later: by number of tiles, then by columns.
    [Theory]
    [InlineData(448, 448, 4, 4, 2, 2), InlineData(10, 10, 2, 2, 1, 2), InlineData(1_000, 1_000, 1, 4, 2, 2)]
    [InlineData(100, 100, 1, 4, 1, 1), InlineData(1_000, 1, 1, 6, 6, 1), InlineData(1, 1_000, 1, 6, 1, 6)]
    public void Ties_go_to_the_larger_grid_only_where_the_image_fills_half_of_it(
        int width, int height, int min, int max, int columns, int rows) =>
        Assert.Equal(new TileGrid(columns, rows, true), new ImageTiling(min, max, true).GridFor(width, height, 448));

    [Theory, MemberData(nameof(Tiled))]
    public void Tiles_equal_the_processors_byte_for_byte_with_both_libraries(string name)
    {
        JsonElement tiles = ProcessorSheets.Expected.GetProperty("internvl_tiles");
        JsonElement image = tiles.GetProperty("pictures").GetProperty(name);
        ImageTiling tiling = new(Number(image, "min_patches"), Number(image, "max_patches"), true);
        PreprocessProfile profile = (Squash with { Size = InputSize.Square(Number(tiles, "tile")) }).WithTiling(tiling);
        byte[] file = ProcessorSheets.File(name);
        TileGrid grid = new ImagePreprocessor(new ImageLimits()).Measure(file, profile).Grid;
        Assert.Equal(
            (Number(image, "columns"), Number(image, "rows"), Number(image, "tiles")), (grid.Columns, grid.Rows, grid.Inputs));
        foreach ((string sheet, ResizeLibrary library) in new[] { ("pil", ResizeLibrary.Pillow), ("tv", ResizeLibrary.Torchvision) })
        {
            byte[] expected = [.. ProcessorSheets.Read(image.GetProperty(sheet).GetString()!, profile).SelectMany(tile => tile)];
            byte[] actual = ProcessorSheets.Process(file, profile with { Library = library });
            Assert.True(expected.AsSpan().SequenceEqual(actual), $"{name}, {sheet}: {ProcessorSheets.Difference(expected, actual)}");
        }
    }

    [Fact]
    public void Tiles_of_448_pixels_equal_those_of_the_chat_models_own_code()
    {
        JsonElement[] images = [.. ProcessorSheets.Json("tiles.json").GetProperty("pixels").EnumerateArray()];
        Assert.NotEmpty(images);
        foreach (JsonElement image in images)
        {
            PreprocessProfile profile = Squash.WithTiling(new(1, Number(image, "max_num"), true));
            byte[][] tiles = [.. ProcessorSheets.Process(GoldenImages.File(image.GetProperty("file").GetString()!), profile)
                .Chunk(profile.Size.PixelBytes)];
            Assert.Equal(
                image.GetProperty("tiles").EnumerateArray().Select(tile => tile.GetProperty("sha256_rgb").GetString()),
                tiles.Select(tile => GoldenImages.Sha256(tile)));
        }
    }

    [Fact]
    public void An_image_that_is_turned_upright_is_tiled_as_it_then_stands()
    {
        byte[] file = GoldenImages.File("images/exif-6.jpg");
        PreprocessProfile lying = Squash.WithTiling(new(1, 12, false));
        PreprocessProfile upright = lying with { Exif = ExifOrientation.Apply };
        ImagePreprocessor preprocessor = new(new ImageLimits());
        (TileGrid one, TileGrid other) = (preprocessor.Measure(file, lying).Grid, preprocessor.Measure(file, upright).Grid);
        Assert.NotEqual(one.Columns, one.Rows);
        Assert.Equal((one.Columns, one.Rows), (other.Rows, other.Columns));
        Assert.Equal(other.Inputs * upright.Size.PixelBytes, ProcessorSheets.Process(file, upright).Length);
    }

    // 3 x 2 tiles of 448 pixels: twice that is 2688 x 1792.
    [Theory, InlineData(3_000, 2_000, 1, 2), InlineData(6_000, 4_000, 2, 4), InlineData(12_000, 8_000, 4, 8)]
    public void A_fast_decode_leaves_twice_the_size_of_all_tiles_together(int width, int height, int tiled, int whole)
    {
        PreprocessProfile fast = Squash with { FastDecode = true };
        Assert.Equal(new TileGrid(3, 2, true), ImageTiling.Default.GridFor(width, height, 448));
        Assert.Equal((tiled, whole), (
            ShrinkFactor.For(width, height, fast.WithTiling(ImageTiling.Default)), ShrinkFactor.For(width, height, fast)));
    }

    [Theory]
    [InlineData("1,12,true", 1, 12, true), InlineData("2,6,false", 2, 6, false), InlineData("1,12", 1, 12, true)]
    [InlineData("1,12,True", 1, 12, true), InlineData("64,64", 64, 64, true)]
    public void A_tiling_is_written_as_its_bounds_and_the_thumbnail(string text, int min, int max, bool thumbnail) =>
        Assert.Equal(new ImageTiling(min, max, thumbnail), ImageTiling.Parse(text));

    [Theory]
    [InlineData("0,12"), InlineData("13,12"), InlineData("1,65"), InlineData("-1,2"), InlineData("1"), InlineData(""), InlineData("1,2,3")]
    [InlineData("1,2,true,true"), InlineData("one,two"), InlineData("1,99999999999")]
    public void A_tiling_that_is_none_or_out_of_range_is_refused_with_what_one_is(string text)
    {
        string message = Assert.Throws<ArgumentException>(() => ImageTiling.Parse(text)).Message;
        Assert.Matches("write min,max,thumbnail|at least 1 and at most 64", message);
    }

    [Fact]
    public void Tiles_change_the_key_and_leave_no_margin()
    {
        PreprocessProfile margin = ProcessorSheets.Profile("bit-margin");
        Assert.Equal("squash-56-tiles1-12t", margin.WithTiling(ImageTiling.Default).Key);
        Assert.Equal("squash-56-tiles2-6", margin.WithTiling(new(2, 6, false)).Key);
        PreprocessProfile torchvision = margin with { Library = ResizeLibrary.Torchvision };
        Assert.Equal("squash@torchvision-56-tiles1-12t", torchvision.WithTiling(new(1, 12, true)).Key);
        Assert.Equal(margin, margin.WithTiling(null));
    }

    [Fact]
    public void An_encoder_of_single_precision_pixels_takes_no_tiles() => Assert.Contains(
        "leave tiling out",
        Assert.Throws<ArgumentException>(() => ProcessorSheets.Profile("dinov3").WithTiling(ImageTiling.Default)).Message,
        StringComparison.Ordinal);

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
