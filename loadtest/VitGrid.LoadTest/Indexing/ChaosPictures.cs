using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using VitGrid.LoadTest.Failures;

namespace VitGrid.LoadTest.Indexing;

/// <summary>Generated pictures on disk, some of them equal, some broken in one of several ways, and the JSONL source that names them all.</summary>
internal sealed class ChaosPictures
{
    private const int Side = 32;

    private static readonly string[] Codes =
        ["unsupported_image_format", "image_decode_failed", "file_not_found", "url_not_allowed", "unsupported_image_format", "image_too_large"];

    private ChaosPictures(string folder) => Folder = folder;

    /// <summary>Where the good ones are.</summary>
    public string Folder { get; }

    /// <summary>The source.</summary>
    public string Source => Path.Combine(Path.GetDirectoryName(Folder)!, "items.jsonl");

    /// <summary>Id of each good picture → its file.</summary>
    public Dictionary<string, string> Good { get; } = [];

    /// <summary>Id of each broken one → the code it must be refused with.</summary>
    public Dictionary<string, string> Broken { get; } = [];

    /// <summary>Writes <paramref name="count"/> pictures below <paramref name="root"/>: every twentieth equals another, every hundredth is broken.</summary>
    public static ChaosPictures Create(string root, int count)
    {
        ChaosPictures pictures = new(Directory.CreateDirectory(Path.Combine(root, "pictures", "good")).FullName);
        Directory.CreateDirectory(Path.Combine(root, "pictures", "broken"));
        using StreamWriter source = new(Path.Combine(root, "pictures", "items.jsonl"));
        for (int i = 0; i < count; i++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"picture-{i:000000}");
            string file = i % 100 == 99 ? pictures.AddBroken(id, i / 100 % Codes.Length) : pictures.AddGood(id, i % 20 == 18 ? i - 1 : i);
            source.WriteLine(JsonSerializer.Serialize(new { id, uri = $"file://{file}" }));
        }
        return pictures;
    }

    private string AddGood(string id, int seed)
    {
        string file = Path.Combine(Folder, $"{id}.bmp");
        File.WriteAllBytes(file, NoisePicture.Bmp(seed, Side));
        Good.Add(id, file);
        return file;
    }

    private string AddBroken(string id, int kind)
    {
        string file = Path.Combine(Path.GetDirectoryName(Folder)!, "broken", $"{id}.bmp");
        byte[] picture = NoisePicture.Bmp(1, Side);
        if (kind == 0)
            File.WriteAllText(file, "no picture at all");
        else if (kind == 1)
            File.WriteAllBytes(file, picture[..(picture.Length / 2)]);
        else if (kind == 4)
            File.WriteAllBytes(file, []);
        else if (kind == 5)
            File.WriteAllBytes(file, Huge(picture));
        Broken.Add(id, Codes[kind]);
        return kind == 3 ? "/etc/hostname" : file;
    }

    /// <summary>A header that claims ten billion pixels.</summary>
    private static byte[] Huge(byte[] picture)
    {
        BinaryPrimitives.WriteInt32LittleEndian(picture.AsSpan(18), 100_000);
        BinaryPrimitives.WriteInt32LittleEndian(picture.AsSpan(22), 100_000);
        return picture;
    }
}
