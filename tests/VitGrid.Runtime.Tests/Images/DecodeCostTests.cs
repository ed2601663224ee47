using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Images;

public sealed class DecodeCostTests
{
    private static readonly ImageLimits Standard = new();

    [Fact]
    public void A_pixel_of_four_thousand_samples_is_refused_by_their_number()
    {
        ImageException refusal = Refuse(Bombs.Stored("samples-4000.tif"));
        Assert.Equal(ImageFault.UnsupportedFormat, refusal.Fault);
        Assert.Contains("has 4000 samples a pixel", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_six_samples_a_pixel_which_the_reference_reads_each_counts_and_seven_are_refused()
    {
        const int Side = 1_000;
        // Three bytes a pixel more: in the strips, in their copy, in the file's copy and, one of them, in the pixels.
        Assert.InRange(Measure(Colours(6)).Bytes - Measure(Colours(3)).Bytes, 9L * Side * Side, 12L * Side * Side);
        Assert.Equal(ImageFault.UnsupportedFormat, Refuse(Colours(7)).Fault);
        long five = new ImagePreprocessor(Standard with { MaxDecodeBytes = Measure(Colours(5)).Bytes }).Measure(
            Colours(5), GoldenImages.Crop).Bytes;
        Assert.Equal(ImageFault.TooLarge, Refuse(Colours(6), Standard with { MaxDecodeBytes = five }).Fault);

        static byte[] Colours(int samples) => Bombs.Tiff(
            Side, Side, new byte[Side * Side * samples], compression: 1, [(258, 3, [.. Enumerable.Repeat(8, samples)]), (262, 3, [2]),
            (277, 3, [samples]), .. samples > 3 ? new[] { (338, 3, Enumerable.Repeat(0, samples - 3).ToArray()) } : []]);
    }

    [Fact]
    public void Hundreds_of_scans_of_a_large_image_are_refused_by_their_number()
    {
        ImageException refusal = Refuse(Bombs.Stored("progressive-882-scans-4096.jpg"));
        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
        Assert.Contains("4096x4096 pixels with 1 bands and 883 scans has", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("the limit is 1,600,000,000", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xc2, 96, true), InlineData(0xc2, 94, false), InlineData(0xc0, 96, false), InlineData(0xca, 13, true)]
    [InlineData(0xca, 10, false)]
    public void Work_is_scans_times_pixels_and_more_where_codes_are_arithmetic(byte process, int scans, bool isRefused)
    {
        byte[] file = Bombs.Scans(4096, scans, process);
        if (isRefused)
            Assert.Equal(ImageFault.TooLarge, Refuse(file).Fault);
        else
            Assert.InRange(Measure(file).Work, 1L << 24, Standard.MaxWork);
    }

    [Fact]
    public void The_coefficients_of_a_progressive_image_count()
    {
        DecodeCost cost = Measure(Bombs.Stored("progressive-cmyk-7000.jpg"));
        // Two bytes for each of 49 million pixels' four inks, and a byte each for the pixels.
        Assert.InRange(cost.Bytes, 49_000_000L * 4 * 3, 49_000_000L * 4 * 3.5);
        ImageException refusal = Refuse(Bombs.Stored("progressive-cmyk-7000.jpg"), Standard with { MaxDecodeBytes = 500_000_000 });
        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
        Assert.Contains("the limit for one image is 500,000,000", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scans_count_in_a_JPEG_inside_a_TIFF_as_well()
    {
        ImageException one = Refuse(Bombs.Tiff(4096, 4096, Bombs.Stored("progressive-882-scans-4096.jpg"), compression: 7));
        Assert.Contains("883 scans", one.Message, StringComparison.Ordinal);
        byte[] tile = Bombs.Scans(16, 200);
        Assert.Equal(ImageFault.TooLarge, Refuse(Bombs.Tiff(4096, 16, tile, compression: 7)).Fault);
    }

    [Fact]
    public void Tiles_that_lie_over_each_other_are_refused()
    {
        ImageException refusal = Refuse(Bombs.Tiff(4096, 16, new byte[100_000], compression: 8));
        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
        Assert.Contains("65536 tiles that lie over each other", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tile_far_larger_than_its_image_costs_what_it_holds()
    {
        byte[] file = Bombs.Tiff(17, 16, [1, 2, 3], compression: 8, (322, 4, [8192]), (323, 4, [8192]));
        Assert.InRange(Measure(file).Bytes, 8192L * 8192, 3 * 8192L * 8192);
    }

    [Fact]
    public void Thousands_of_tags_that_share_one_array_are_refused_in_memory_of_a_fraction_of_it()
    {
        byte[] file = Bombs.SharedArray(4_080, 19_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ImageException refusal = Refuse(file);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
        Assert.Contains("9500000 values for tag 258; at most 1000000", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_sixty_thousand_directories_only_the_first_is_read()
    {
        byte[] tiff = File.ReadAllBytes(GoldenFiles.PathOf("images-in-the-wild", "tif-orient0.tif"));
        byte[] file = Bombs.Directories(tiff, 60_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using Raster one = ImageDecoder.Decode(tiff, GoldenImages.Crop, Standard);
        using Raster many = ImageDecoder.Decode(file, GoldenImages.Crop, Standard);
        Assert.Equal(one.Pixels, many.Pixels);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4L * file.Length);
    }

    [Fact]
    public void No_golden_image_costs_anything_near_the_limits()
    {
        DecodeCost[] costs = [.. GoldenImages.Expected.Keys.Select(name => Measure(GoldenImages.File(name)))];
        Assert.All(costs, cost => Assert.InRange(cost.Bytes, 1 << 20, 100_000_000));
        Assert.All(costs, cost => Assert.InRange(cost.Work, 1, 100_000_000));
    }

    private static DecodeCost Measure(byte[] file) => new ImagePreprocessor(Standard).Measure(file, GoldenImages.Crop);

    private static ImageException Refuse(byte[] file, ImageLimits? limits = null) =>
        Assert.Throws<ImageException>(() => new ImagePreprocessor(limits ?? Standard).Measure(file, GoldenImages.Crop));
}
