using System.Text.Json;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Preprocessing;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Images.Processors;

/// <summary>
/// Drawn images under <c>Golden/processors</c>, and the sheets that transformers', timm's and OpenCLIP's own image processors made of them:
/// one result above the other, in the order of the entries.
/// </summary>
internal static class ProcessorSheets
{
    private const string Folder = "processors";

    public static JsonElement Expected { get; } = Json("expected.json");

    /// <summary>
    /// The entries of a sheet, top to bottom: an image's name, with <c>@white</c> behind it where its alpha lies on white.
    /// </summary>
    public static IReadOnlyList<string> Entries { get; } =
        [.. Expected.GetProperty("order").EnumerateArray().Select(entry => entry.GetString()!)];

    /// <summary>The processors whose results are bytes.</summary>
    public static TheoryData<string> Names => [.. BytesOf()];

    /// <summary>Those of transformers, which have two back ends.</summary>
    public static TheoryData<string> OfTwoLibraries => [.. BytesOf().Where(name => Processor(name).TryGetProperty("tv", out _))];

    public static JsonElement Processor(string name) => Expected.GetProperty("processors").GetProperty(name);

    private static IEnumerable<string> BytesOf() => Expected.GetProperty("processors").EnumerateObject()
        .Select(processor => processor.Name).Where(name => name != "dinov3");

    public static JsonElement Json(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File(name));
        return document.RootElement.Clone();
    }

    public static byte[] File(params string[] parts) => System.IO.File.ReadAllBytes(PathOf(parts));

    public static string PathOf(params string[] parts) => GoldenFiles.PathOf([Folder, .. parts]);

    /// <summary>What the readers make of a processor's settings.</summary>
    public static ImagePreprocessing Preprocessing(string name)
    {
        JsonElement processor = Processor(name);
        int side = processor.GetProperty("height").GetInt32();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vitgrid-");
        try
        {
            string config = Path.Combine(folder.FullName, "config.json");
            System.IO.File.WriteAllText(config, processor.GetProperty("kind").GetString() switch
            {
                "timm" => $$"""{"architecture":"vit","pretrained_cfg":{{processor.GetProperty("pretrained_cfg")}}}""",
                "open_clip" => $$"""{"model_cfg":{},"preprocess_cfg":{{processor.GetProperty("preprocess_cfg")}}}""",
                _ => "{}",
            });
            if (processor.TryGetProperty("preprocessor_config", out JsonElement stated))
                System.IO.File.WriteAllText(Path.Combine(folder.FullName, "preprocessor_config.json"), stated.ToString());
            ImagePreprocessing encoder = new(ResizeMode.Squash, side, 1, [0, 0, 0], [1, 1, 1]);
            return PreprocessingFiles.Read(folder.FullName, JsonSection.Read(config), new("NoImageProcessor", encoder));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The profile of a processor, with the bytes of Pillow or of torchvision.</summary>
    public static PreprocessProfile Profile(string name, ResizeLibrary library = ResizeLibrary.Pillow) =>
        PreprocessProfile.Resolve(null, Preprocessing(name)) with { Library = library };

    /// <summary>The results on a sheet, in the order of <see cref="Entries"/> or of another one.</summary>
    public static byte[][] Read(string sheet, PreprocessProfile profile)
    {
        using Raster raster = ImageDecoder.Decode(File(sheet), profile with { Library = ResizeLibrary.Pillow }, new ImageLimits());
        return [.. raster.Pixels.ToArray().Chunk(profile.Size.PixelBytes)];
    }

    /// <summary>An entry's pixels as a PNG without alpha: what is resized, apart from how it is decoded.</summary>
    public static byte[] Rgb(string entry) => File("rgb", entry + ".png");

    /// <summary>The image that an entry is of, as it was drawn.</summary>
    public static byte[] Original(string entry) => File(Expected.GetProperty("entries").EnumerateArray()
        .First(item => item.GetProperty("entry").GetString() == entry).GetProperty("file").GetString()!);

    public static byte[] Process(byte[] file, PreprocessProfile profile)
    {
        ImagePreprocessor preprocessor = new(new ImageLimits());
        byte[] pixels = new byte[profile.Size.PixelBytes * preprocessor.Measure(file, profile).Inputs];
        preprocessor.Process(file, profile, pixels);
        return pixels;
    }

    /// <summary>Where two arrays of pixels differ, for messages.</summary>
    public static string Difference(byte[] expected, byte[] actual)
    {
        int[] differences = [.. expected.Zip(actual, (one, other) => Math.Abs(one - other))];
        return expected.Length != actual.Length
            ? $"{actual.Length} bytes instead of {expected.Length}"
            : $"{differences.Count(level => level > 0)} of {expected.Length} bytes differ, by up to {differences.Max()}";
    }
}
