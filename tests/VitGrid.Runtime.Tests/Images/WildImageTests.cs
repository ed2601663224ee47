using System.Text.Json;
using NetVips;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>Files as users send them, beside the pixels that Pillow 12.3 gave for them.</summary>
public sealed class WildImageTests
{
    private const string Folder = "images-in-the-wild";

    public static TheoryData<string, string> Manifest { get; } = ReadManifest();

    [Theory, MemberData(nameof(Manifest))]
    public void A_file_from_the_wild_ends_as_the_manifest_says(string file, string expected)
    {
        byte[] bytes = File.ReadAllBytes(GoldenFiles.PathOf(Folder, file));
        if (expected.StartsWith("pixels of", StringComparison.Ordinal))
            AssertPixels(bytes, file + ".png", MaxDifference(file));
        else if (expected.StartsWith("415", StringComparison.Ordinal))
            AssertRefused(bytes, ImageFault.UnsupportedFormat, "which is not read: save it as");
        else if (expected.StartsWith("400", StringComparison.Ordinal))
            AssertRefused(bytes, ImageFault.DecodeFailed, "send the original file again");
        else
            AssertBounded(bytes);
    }

    [Fact]
    public void The_manifest_names_every_file() => Assert.Equal(49, Manifest.Count);

    // The manifest leaves this one to the version of libjpeg: it smooths blocks whose finer coefficients never came.
    private static int MaxDifference(string file) => file == "j2-prog-first-only.jpg" ? 16 : 0;

    private static void AssertPixels(byte[] file, string reference, int maxDifference)
    {
        using Raster raster = ImageDecoder.Decode(file, GoldenImages.Crop, new ImageLimits());
        using Image image = Image.NewFromFile(GoldenFiles.PathOf(Folder, reference));
        Assert.Equal((image.Width, image.Height, 3), (raster.Width, raster.Height, image.Bands));
        byte[] expected = image.WriteToMemory<byte>(), pixels = raster.Pixels.ToArray();
        Assert.InRange(expected.Zip(pixels, (one, other) => Math.Abs(one - other)).Max(), 0, maxDifference);
    }

    private static void AssertRefused(byte[] file, ImageFault fault, string remedy)
    {
        ImageException refusal = Assert.Throws<ImageException>(() => ImageDecoder.Decode(file, GoldenImages.Crop, new ImageLimits()));
        Assert.Equal(fault, refusal.Fault);
        Assert.Contains(remedy, refusal.Message, StringComparison.Ordinal);
    }

    private static void AssertBounded(byte[] file)
    {
        try
        {
            using Raster raster = ImageDecoder.Decode(file, GoldenImages.Crop, new ImageLimits());
            Assert.Equal((1024, 1024), (raster.Width, raster.Height));
        }
        catch (ImageException exception)
        {
            Assert.NotEmpty(exception.Message);
        }
    }

    private static TheoryData<string, string> ReadManifest()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf(Folder, "manifest.json")));
        TheoryData<string, string> rows = [];
        foreach (JsonElement entry in document.RootElement.EnumerateArray())
            rows.Add(entry.GetProperty("file").GetString()!, entry.GetProperty("expected").GetString()!);
        return rows;
    }
}
