using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using VitGrid.LoadTest.Failures;

namespace VitGrid.LoadTest.Indexing;

/// <summary>
/// Generated images on disk, some of them equal, some broken in one of several ways, and the JSONL source that names them all.
/// </summary>
internal sealed class ChaosImages
{
    private const int Side = 32;

    private static readonly string[] Codes =
        ["unsupported_image_format", "image_decode_failed", "file_not_found", "url_not_allowed", "unsupported_image_format",
            "image_too_large"];

    private ChaosImages(string folder) => Folder = folder;

    /// <summary>Where the good ones are.</summary>
    public string Folder { get; }

    /// <summary>The source.</summary>
    public string Source => Path.Combine(Path.GetDirectoryName(Folder)!, "items.jsonl");

    /// <summary>Id of each good image → its file.</summary>
    public Dictionary<string, string> Good { get; } = [];

    /// <summary>Id of each broken one → the code it must be refused with.</summary>
    public Dictionary<string, string> Broken { get; } = [];

    /// <summary>
    /// Writes <paramref name="count"/> images below <paramref name="root"/>: every twentieth equals another, every hundredth is broken.
    /// </summary>
    public static ChaosImages Create(string root, int count)
    {
        ChaosImages images = new(Directory.CreateDirectory(Path.Combine(root, "images", "good")).FullName);
        Directory.CreateDirectory(Path.Combine(root, "images", "broken"));
        using StreamWriter source = new(Path.Combine(root, "images", "items.jsonl"));
        for (int i = 0; i < count; i++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"image-{i:000000}");
            string file = i % 100 == 99 ? images.AddBroken(id, i / 100 % Codes.Length) : images.AddGood(id, i % 20 == 18 ? i - 1 : i);
            source.WriteLine(JsonSerializer.Serialize(new { id, uri = $"file://{file}" }));
        }
        return images;
    }

    private string AddGood(string id, int seed)
    {
        string file = Path.Combine(Folder, $"{id}.bmp");
        File.WriteAllBytes(file, NoiseImage.Bmp(seed, Side));
        Good.Add(id, file);
        return file;
    }

    private string AddBroken(string id, int kind)
    {
        string file = Path.Combine(Path.GetDirectoryName(Folder)!, "broken", $"{id}.bmp");
        byte[] image = NoiseImage.Bmp(1, Side);
        if (kind == 0)
            File.WriteAllText(file, "no image at all");
        else if (kind == 1)
            File.WriteAllBytes(file, image[..(image.Length / 2)]);
        else if (kind == 4)
            File.WriteAllBytes(file, []);
        else if (kind == 5)
            File.WriteAllBytes(file, Huge(image));
        Broken.Add(id, Codes[kind]);
        return kind == 3 ? "/etc/hostname" : file;
    }

    /// <summary>A header that claims ten billion pixels.</summary>
    private static byte[] Huge(byte[] image)
    {
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(18), 100_000);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(22), 100_000);
        return image;
    }
}
