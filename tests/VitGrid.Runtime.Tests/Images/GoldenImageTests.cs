using System.Runtime.InteropServices;
using System.Text.Json;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>Equality to the last bit, for lossy images too: libvips carries the reference's JPEG and WebP decoders.</summary>
public sealed class GoldenImageTests
{
    [Theory, MemberData(nameof(GoldenImages.Names), MemberType = typeof(GoldenImages))]
    public void Decoded_pixels_equal_the_reference(string name)
    {
        using Raster raster = ImageDecoder.Decode(GoldenImages.File(name), GoldenImages.Squash, new ImageLimits());
        JsonElement expected = GoldenImages.Expected[name];
        Assert.Equal((expected.GetProperty("width").GetInt32(), expected.GetProperty("height").GetInt32()), (raster.Width, raster.Height));
        Assert.Equal(expected.GetProperty("decoded_sha256_rgb").GetString(), GoldenImages.Sha256(raster.Pixels));
    }

    [Theory, MemberData(nameof(GoldenImages.Names), MemberType = typeof(GoldenImages))]
    public void Squashed_and_cropped_pixels_equal_the_reference(string name)
    {
        AssertEqual(name, "resize448", GoldenImages.Squash);
        AssertEqual(name, "crop448", GoldenImages.Crop);
    }

    [Theory, MemberData(nameof(GoldenImages.Names), MemberType = typeof(GoldenImages))]
    public void Pixels_in_the_pass_order_of_pillow_13_equal_the_reference(string name)
    {
        JsonElement expected = GoldenImages.ExpectedPillow13[name];
        byte[] squashed = GoldenImages.Process(GoldenImages.File(name), GoldenImages.Squash with { PassOrder = PassOrder.Pillow13 });
        byte[] cropped = GoldenImages.Process(GoldenImages.File(name), GoldenImages.Crop with { PassOrder = PassOrder.Pillow13 });
        Assert.Equal(expected.GetProperty("resize448").GetString(), GoldenImages.Sha256(squashed));
        Assert.Equal(expected.GetProperty("crop448").GetString(), GoldenImages.Sha256(cropped));
    }

    [Theory, InlineData("images/exif-3.jpg"), InlineData("images/exif-6.jpg")]
    public void An_image_with_an_exif_orientation_is_turned_upright_when_asked(string name) =>
        AssertEqual(name, "upright_resize448", GoldenImages.Squash with { Exif = ExifOrientation.Apply });

    [Fact]
    public void Sixteen_bit_grey_is_divided_by_257_when_asked() =>
        AssertEqual("images/grey16.png", "scaled_resize448", GoldenImages.Squash with { Grey16 = Grey16.Scale });

    [Fact]
    public void Only_the_tall_image_tells_the_two_pass_orders_apart() =>
        Assert.Equal(["images/tall.png"], GoldenImages.ExpectedPillow13.Values
            .Where(entry => entry.GetProperty("resize448_differs").GetBoolean())
            .Select(entry => entry.GetProperty("file").GetString()!));

    [Fact]
    public void Many_threads_at_once_get_the_same_bytes()
    {
        string[] images = [.. GoldenImages.Expected.Keys.Where(name => !name.Contains("large", StringComparison.Ordinal))];
        Parallel.For(0, images.Length * 4, new() { MaxDegreeOfParallelism = 16 }, index =>
        {
            string name = images[index % images.Length];
            byte[] pixels = GoldenImages.Process(GoldenImages.File(name), GoldenImages.Crop);
            Assert.Equal(GoldenImages.Expected[name].GetProperty("crop448").GetProperty("sha256_rgb").GetString(), GoldenImages.Sha256(
                pixels));
        });
    }

    [Fact]
    public void A_file_at_any_offset_of_a_larger_array_gives_the_same_bytes()
    {
        byte[] file = GoldenImages.File("images/photo-420.jpg");
        byte[] larger = [1, 2, 3, .. file, 4, 5];
        byte[] pixels = new byte[GoldenImages.Crop.Size.PixelBytes];
        new ImagePreprocessor(new ImageLimits()).Process(larger.AsSpan(3, file.Length), GoldenImages.Crop, pixels);
        Assert.Equal(GoldenImages.Process(file, GoldenImages.Crop), pixels);
    }

    private static void AssertEqual(string name, string entry, PreprocessProfile profile)
    {
        JsonElement expected = GoldenImages.Expected[name].GetProperty(entry);
        byte[] pixels = GoldenImages.Process(GoldenImages.File(name), profile);
        Assert.Equal(expected.GetProperty("sha256_rgb").GetString(), GoldenImages.Sha256(pixels));
        if (!expected.TryGetProperty("normalised", out JsonElement normalised))
            return;
        ReadOnlySpan<byte> planes = MemoryMarshal.AsBytes<float>(Normalise(pixels));
        Assert.Equal(normalised.GetProperty("sha256_float32_chw").GetString(), GoldenImages.Sha256(planes));
    }

    private static float[] Normalise(byte[] pixels)
    {
        int plane = pixels.Length / 3;
        float[] planes = new float[pixels.Length];
        for (int at = 0; at < pixels.Length; at++)
        {
            int channel = at % 3;
            float centred = (pixels[at] / 255f) - ImagePreprocessing.ImageNetMean[channel];
            planes[(channel * plane) + (at / 3)] = centred / ImagePreprocessing.ImageNetStandardDeviation[channel];
        }
        return planes;
    }
}
