using VitGrid.LoadTest.Images;

namespace VitGrid.LoadTest.Tests.Images;

/// <summary>How a mix is written.</summary>
public sealed class ImageKindTests
{
    [Fact]
    public void A_mix_names_format_size_and_weight() => Assert.Equal(
        [new(ImageFormat.Jpeg, 1920, 1080, 3), new(ImageFormat.Png, 224, 224, 1), new(ImageFormat.WebP, 5, 6, 0.5)],
        ImageKind.ParseMix("jpeg:1920x1080=3, png:224x224,webp:5x6=0.5"));

    [Theory]
    [InlineData("gif:1x1", "'gif' is none of jpeg, png, webp")]
    [InlineData("jpeg:0x1", "'0' is not a whole number from 1 to 16383")]
    [InlineData("jpeg:1x99999", "'99999' is not a whole number from 1 to 16383")]
    [InlineData("jpeg:1x1=0", "'0' is not a number above 0")]
    [InlineData("jpeg:1x1=NaN", "'NaN' is not a number above 0")]
    [InlineData("jpeg", "not FORMAT:WIDTHxHEIGHT")]
    public void A_mix_that_makes_no_sense_is_refused_by_name(string text, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => ImageKind.ParseMix(text)).Message, StringComparison.Ordinal);
}
