using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>What follows the pixels of a JPEG, and what its decoder only warns of.</summary>
public sealed class JpegEndTests
{
    private static byte[] Whole { get; } = GoldenImages.File("images/photo-420.jpg");

    [Theory]
    [InlineData(0x02), InlineData(0xc0), InlineData(0xc3), InlineData(0xc8)]
    [InlineData(0xd8), InlineData(0xda), InlineData(0xde), InlineData(0xf0)]
    public void A_marker_that_may_not_follow_the_pixels_is_refused(byte marker) => AssertDamaged(WithTail(0xff, marker, 0, 4, 1, 1));

    [Theory]
    [InlineData(0x01), InlineData(0xd0), InlineData(0xd7)]
    public void A_marker_without_a_segment_is_passed_over(byte marker) => AssertSame(WithTail(0xff, marker));

    [Theory]
    [InlineData(0xe1), InlineData(0xfe), InlineData(0xdc), InlineData(0xdd)]
    public void A_segment_that_says_nothing_of_pixels_is_passed_over(byte marker) => AssertSame(WithTail(0xff, marker, 0, 4, 1, 1));

    [Theory]
    [InlineData(0xc4), InlineData(0xdb)]
    public void A_table_that_contradicts_itself_is_refused(byte marker) => AssertDamaged(WithTail(0xff, marker, 0, 4, 0x55, 1));

    [Fact]
    public void Stray_bytes_and_a_missing_end_are_passed_over()
    {
        AssertSame(WithTail(1, 2, 3, 0xff, 0, 0xff, 0xff));
        AssertSame([.. Whole[..^2], 0xff, 0xe1, 0x20, 0]);
    }

    [Theory]
    [InlineData(12, "12 bits"), InlineData(16, "16 bits")]
    public void Samples_of_more_than_eight_bits_are_unsupported_not_damaged(byte precision, string said)
    {
        byte[] file = [.. Whole];
        file[file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xc0]) + 4] = precision;
        Assert.Contains(said, AssertRefused(file, ImageFault.UnsupportedFormat).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xc5), InlineData(0xc6), InlineData(0xc7), InlineData(0xcd), InlineData(0xce), InlineData(0xcf)]
    public void Hierarchical_frames_are_unsupported_not_damaged(byte process)
    {
        byte[] file = [.. Whole];
        file[file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xc0]) + 1] = process;
        AssertRefused(file, ImageFault.UnsupportedFormat);
    }

    private static byte[] WithTail(params byte[] tail) => [.. Whole[..^2], .. tail, 0xff, 0xd9];

    private static void AssertSame(byte[] file) => Assert.Equal(Pixels(Whole), Pixels(file));

    private static void AssertDamaged(byte[] file) => AssertRefused(file, ImageFault.DecodeFailed);

    private static ImageException AssertRefused(byte[] file, ImageFault fault)
    {
        ImageException refusal = Assert.Throws<ImageException>(() => Pixels(file));
        Assert.Equal(fault, refusal.Fault);
        return refusal;
    }

    private static byte[] Pixels(byte[] file)
    {
        using Raster raster = ImageDecoder.Decode(file, GoldenImages.Crop, new ImageLimits());
        return raster.Pixels.ToArray();
    }
}
