using System.Globalization;
using System.Text.Json;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Images;

public sealed class MalformedImageTests
{
    public static TheoryData<string, string> Manifest { get; } = ReadManifest();

    [Theory, MemberData(nameof(Manifest))]
    public void A_malformed_file_is_refused_for_the_right_reason(string file, string category)
    {
        ImageFault? fault = Try(File.ReadAllBytes(GoldenFiles.PathOf(file)));
        switch (category)
        {
            case "empty" or "unknown-format":
                Assert.Equal(ImageFault.UnsupportedFormat, fault);
                break;
            case "truncated" or "corrupt":
                Assert.Equal(ImageFault.DecodeFailed, fault);
                break;
            case "too-large":
                Assert.Equal(ImageFault.TooLarge, fault);
                break;
            case "either" or "either-but-bounded":
                Assert.True(fault is null or ImageFault.DecodeFailed, $"{file}: {fault}");
                break;
            default:
                Assert.Equal("valid-but-crop-mode-must-bound", category);
                Assert.Null(fault);
                break;
        }
    }

    [Theory]
    [InlineData("bomb-30000x30000-1bit.png"), InlineData("huge-dimensions.bmp")]
    [InlineData("ztxt-bomb.png"), InlineData("extreme-aspect-20000x1.png")]
    public void Memory_stays_in_proportion_to_the_file_and_the_result(string file)
    {
        byte[] bytes = File.ReadAllBytes(GoldenFiles.PathOf("malformed", file));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Try(bytes);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16_000_000);
    }

    [Fact]
    public void A_refused_image_leaves_the_pixels_untouched()
    {
        byte[] pixels = new byte[GoldenImages.Crop.Size.PixelBytes];
        Array.Fill(pixels, (byte)7);
        byte[] file = File.ReadAllBytes(GoldenFiles.PathOf("malformed", "truncated-half.jpg"));
        ImagePreprocessor preprocessor = new(new ImageLimits());
        Assert.Throws<ImageException>(() => preprocessor.Process(file, GoldenImages.Crop, pixels));
        Assert.Equal(-1, pixels.AsSpan().IndexOfAnyExcept((byte)7));
    }

    [Fact]
    public void A_file_over_the_limit_of_bytes_is_refused_before_its_content_is_looked_at()
    {
        ImagePreprocessor preprocessor = new(new ImageLimits { MaxFileBytes = 1_000 });
        byte[] pixels = new byte[GoldenImages.Crop.Size.PixelBytes];
        ImageException refusal = Assert.Throws<ImageException>(() => preprocessor.Process(new byte[1_001], GoldenImages.Crop, pixels));
        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
        Assert.Contains("1001", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("1000", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tall_sliver_is_squashed_only_where_that_is_cheap()
    {
        byte[] file = PngFile.Write(1, 1, 0, [.. Enumerable.Repeat<byte[]>([0x80], 120_000)]);
        ImageException refusal = Assert.Throws<ImageException>(() => GoldenImages.Process(file, GoldenImages.Squash));
        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
        Assert.Contains((120_000 * 448).ToString(CultureInfo.InvariantCulture), refusal.Message, StringComparison.Ordinal);
        foreach (PreprocessProfile cheap in (PreprocessProfile[])[
            GoldenImages.Crop, GoldenImages.Squash with { PassOrder = PassOrder.Pillow13 }])
            Assert.Equal(-1, GoldenImages.Process(file, cheap).AsSpan().IndexOfAnyExcept((byte)255));
    }

    [Theory]
    [InlineData("images/gradient.png"), InlineData("images/photo-420.jpg"), InlineData("images/bmp24.bmp")]
    [InlineData("images/lzw.tif"), InlineData("images/lossy.webp"), InlineData("images/animated.gif")]
    public void The_limit_of_pixels_is_the_largest_that_is_decoded(string name)
    {
        JsonElement entry = GoldenImages.Expected[name];
        long count = entry.GetProperty("width").GetInt64() * entry.GetProperty("height").GetInt64();
        ImageLimits equal = new() { MaxPixels = count };
        using (Raster atLimit = ImageDecoder.Decode(GoldenImages.File(name), GoldenImages.Crop, equal))
            Assert.Equal(count, (long)atLimit.Width * atLimit.Height);
        ImageLimits below = new() { MaxPixels = count - 1 };
        ImageException refusal = Assert.Throws<ImageException>(
            () => ImageDecoder.Decode(GoldenImages.File(name), GoldenImages.Crop, below));
        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
    }

    private static ImageFault? Try(byte[] file)
    {
        try
        {
            GoldenImages.Process(file, GoldenImages.Crop);
            return null;
        }
        catch (ImageException exception)
        {
            return exception.Fault;
        }
    }

    private static TheoryData<string, string> ReadManifest()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf("malformed", "manifest.json")));
        TheoryData<string, string> rows = [];
        foreach (JsonElement entry in document.RootElement.EnumerateArray())
            rows.Add(entry.GetProperty("file").GetString()!, entry.GetProperty("category").GetString()!);
        return rows;
    }
}
