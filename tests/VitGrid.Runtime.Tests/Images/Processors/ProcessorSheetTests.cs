using System.Text.Json;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images.Processors;

/// <summary>Each published image processor, byte for byte, from its own settings to its own pixels.</summary>
public sealed class ProcessorSheetTests
{
    // Each step is rounded to single precision; what is left is the order in which the libraries divide.
    private const float NormalisedLimit = 5e-7f;

    // Eight bits of rounding would cost 1e-2; this is what single precision leaves.
    private const float FloatLimit = 5e-5f;

    [Theory, MemberData(nameof(ProcessorSheets.Names), MemberType = typeof(ProcessorSheets))]
    public void Every_image_becomes_the_bytes_of_the_processor_with_Pillow(string name)
    {
        JsonElement processor = ProcessorSheets.Processor(name);
        string sheet = processor.GetProperty(processor.TryGetProperty("pil", out _) ? "pil" : "png").GetString()!;
        AssertSheet(sheet, ProcessorSheets.Profile(name));
    }

    [Theory, MemberData(nameof(ProcessorSheets.OfTwoLibraries), MemberType = typeof(ProcessorSheets))]
    public void Every_image_becomes_the_bytes_of_the_processor_with_torchvision(string name) => AssertSheet(
        ProcessorSheets.Processor(name).GetProperty("tv").GetString()!, ProcessorSheets.Profile(name, ResizeLibrary.Torchvision));

    [Theory, MemberData(nameof(ProcessorSheets.Names), MemberType = typeof(ProcessorSheets))]
    public void The_images_as_they_were_drawn_become_the_same_bytes_with_alpha_dropped(string name)
    {
        PreprocessProfile profile = ProcessorSheets.Profile(name);
        foreach (string entry in ProcessorSheets.Entries.Where(entry => !entry.Contains('@', StringComparison.Ordinal)))
            AssertSame(ProcessorSheets.Rgb(entry), ProcessorSheets.Original(entry), profile, profile, entry);
    }

    [Theory, MemberData(nameof(ProcessorSheets.OfTwoLibraries), MemberType = typeof(ProcessorSheets))]
    public void With_torchvision_alpha_lies_on_white_as_transformers_5_lays_it(string name)
    {
        PreprocessProfile profile = ProcessorSheets.Profile(name, ResizeLibrary.Torchvision);
        string[] transparent = [.. ProcessorSheets.Entries.Where(entry => entry.EndsWith("@white", StringComparison.Ordinal))];
        Assert.Equal(3, transparent.Length);
        foreach (string entry in transparent)
            AssertSame(ProcessorSheets.Rgb(entry), ProcessorSheets.Original(entry), profile, profile, entry);
        // The image alone decides: what has no alpha is the same with both.
        AssertSame(ProcessorSheets.Rgb("photo"), ProcessorSheets.Original("photo"), profile, profile, "photo");
    }

    [Fact]
    public void Alpha_on_white_and_alpha_dropped_are_different_pixels()
    {
        PreprocessProfile profile = ProcessorSheets.Profile("clip");
        byte[] rgba = ProcessorSheets.Original("rgba");
        byte[] dropped = ProcessorSheets.Process(rgba, profile);
        byte[] white = ProcessorSheets.Process(rgba, profile with { Library = ResizeLibrary.Torchvision });
        Assert.True(dropped.Zip(white, (one, other) => Math.Abs(one - other)).Max() > 100);
    }

    [Theory]
    [InlineData("bit-margin"), InlineData("clip"), InlineData("siglip"), InlineData("vit-bilinear"), InlineData("timm-09-bilinear")]
    public void Normalised_pixels_equal_the_processors_own(string name)
    {
        using SafetensorsFile file = SafetensorsFile.Open(ProcessorSheets.PathOf(name + ".safetensors"));
        foreach ((string tensor, ResizeLibrary library) in new (string, ResizeLibrary)[]
            { ("portrait", default), ("portrait.pil", default), ("portrait.tv", ResizeLibrary.Torchvision) })
        {
            if (!file.Tensors.ContainsKey(tensor))
                continue;
            byte[] pixels = ProcessorSheets.Process(ProcessorSheets.Rgb("portrait"), ProcessorSheets.Profile(name, library));
            float[] units = Array.ConvertAll(pixels, level => level / 255f);
            AssertClose(file.ReadFloats(tensor), Normalised(units, ProcessorSheets.Preprocessing(name)), NormalisedLimit, tensor);
        }
    }

    [Fact]
    public void Pixels_that_are_never_rounded_equal_those_of_DINOv3s_processor()
    {
        ImagePreprocessing preprocessing = ProcessorSheets.Preprocessing("dinov3");
        Assert.Equal((PixelType.Single, Interpolation.Bilinear), (preprocessing.Samples, preprocessing.Interpolation));
        PreprocessProfile profile = ProcessorSheets.Profile("dinov3");
        Assert.Equal(32 * 32 * 3 * sizeof(float), profile.Size.PixelBytes);
        using SafetensorsFile file = SafetensorsFile.Open(ProcessorSheets.PathOf("dinov3.safetensors"));
        Assert.Equal(ProcessorSheets.Entries.Count, file.Tensors.Count);
        foreach (string entry in ProcessorSheets.Entries)
        {
            byte[] pixels = ProcessorSheets.Process(ProcessorSheets.Rgb(entry), profile);
            float[] units = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(pixels).ToArray();
            AssertClose(file.ReadFloats(entry), Normalised(units, preprocessing), FloatLimit, entry);
        }
    }

    private static void AssertSheet(string sheet, PreprocessProfile profile)
    {
        byte[][] results = ProcessorSheets.Read(sheet, profile);
        Assert.Equal(ProcessorSheets.Entries.Count, results.Length);
        foreach ((string entry, byte[] expected) in ProcessorSheets.Entries.Zip(results))
        {
            byte[] actual = ProcessorSheets.Process(ProcessorSheets.Rgb(entry), profile);
            Assert.True(expected.AsSpan().SequenceEqual(actual), $"{sheet}, {entry}: {ProcessorSheets.Difference(expected, actual)}");
        }
    }

    private static void AssertSame(byte[] one, byte[] other, PreprocessProfile first, PreprocessProfile second, string entry)
    {
        (byte[] expected, byte[] actual) = (ProcessorSheets.Process(one, first), ProcessorSheets.Process(other, second));
        Assert.True(expected.AsSpan().SequenceEqual(actual), $"{entry}: {ProcessorSheets.Difference(expected, actual)}");
    }

    /// <summary>[H, W, 3] in units of full scale → [3, H, W], as the graph computes it.</summary>
    private static float[] Normalised(float[] units, ImagePreprocessing preprocessing)
    {
        float[] planes = new float[units.Length];
        for (int at = 0; at < units.Length; at++)
        {
            int channel = at % 3;
            float centred = units[at] - preprocessing.Mean[channel];
            planes[(channel * units.Length / 3) + (at / 3)] = centred / preprocessing.StandardDeviation[channel];
        }
        return planes;
    }

    private static void AssertClose(float[] expected, float[] actual, float limit, string name)
    {
        Assert.Equal(expected.Length, actual.Length);
        float worst = expected.Zip(actual, (one, other) => Math.Abs(one - other)).Max();
        Assert.True(worst <= limit, $"{name}: differs by {worst}, allowed is {limit}");
    }
}
