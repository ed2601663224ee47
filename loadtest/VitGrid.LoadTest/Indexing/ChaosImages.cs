using System.Buffers.Binary;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using VitGrid.LoadTest.Failures;

namespace VitGrid.LoadTest.Indexing;

/// <summary>
/// Generated images on disk, some of them equal, some broken in one of several ways, and the source that names them all: lines of JSON, or
/// archives in which they stand, every fourth in gzip.
/// </summary>
internal sealed class ChaosImages
{
    private const int Archives = 8;

    private const int Side = 32;

    private static readonly string[] Codes =
        ["unsupported_image_format", "image_decode_failed", "file_not_found", "url_not_allowed", "unsupported_image_format",
            "image_too_large"];

    /// <summary>The folder of the archives, and the bucket that it is.</summary>
    public const string Bucket = "public-archives";

    // What can be wrong with an image in an archive.
    private static readonly int[] KindsInArchives = [0, 1, 4, 5];

    private readonly ChaosSource _source;

    private ChaosImages(string folder, ChaosSource source) => (Folder, _source) = (folder, source);

    /// <summary>Where the good ones are.</summary>
    public string Folder { get; }

    /// <summary>The sources.</summary>
    public IReadOnlyList<string> Sources { get; private set; } = [];

    /// <summary>Id of each good image by its file's name without ending.</summary>
    public Dictionary<string, string> Ids { get; } = [];

    /// <summary>Id of each good image → its file.</summary>
    public Dictionary<string, string> Good { get; } = [];

    /// <summary>Id of each broken one → the code it must be refused with.</summary>
    public Dictionary<string, string> Broken { get; } = [];

    /// <summary>
    /// Writes <paramref name="count"/> images below <paramref name="root"/>: every twentieth equals another, every hundredth is broken.
    /// </summary>
    public static ChaosImages Create(string root, int count, ChaosSource source)
    {
        ChaosImages images = new(Directory.CreateDirectory(Path.Combine(root, "images", "good")).FullName, source);
        Directory.CreateDirectory(Path.Combine(root, "images", "broken"));
        string[] names = [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"image-{i:000000}"))];
        if (source == ChaosSource.Files)
            images.List(names, Path.Combine(Path.GetDirectoryName(images.Folder)!, "items.jsonl"));
        else
            images.Pack(names, Directory.CreateDirectory(Path.Combine(root, "images", Bucket)).FullName);
        return images;
    }

    private void List(string[] names, string path)
    {
        using StreamWriter source = new(path);
        foreach ((int i, string name) in names.Index())
            source.WriteLine(JsonSerializer.Serialize(new { id = name, uri = $"file://{Add(i, name, name)}" }));
        Sources = [path];
    }

    /// <summary>Archives of equal parts; lists with braces name those of each kind.</summary>
    private void Pack(string[] names, string folder)
    {
        string named = _source == ChaosSource.S3 ? $"s3://{Bucket}" : folder;
        int each = (names.Length + Archives - 1) / Archives;
        foreach ((int number, string[] part) in names.Chunk(each).Index())
        {
            bool isPacked = number % 4 == 3;
            string archive = string.Create(CultureInfo.InvariantCulture, $"a-{number:00}.{(isPacked ? "tgz" : "tar")}");
            using FileStream file = File.Create(Path.Combine(folder, archive));
            using Stream bytes = isPacked ? new GZipStream(file, CompressionLevel.Fastest) : file;
            using TarWriter tar = new(bytes, TarEntryFormat.Ustar);
            foreach ((int i, string name) in part.Index())
                tar.WriteEntry(Add((number * each) + i, name, $"{named}/{archive}#{name}.bmp"), $"{name}.bmp");
        }
        Sources = [$"{named}/a-{{00..02}}.tar", $"{named}/a-03.tgz", $"{named}/a-{{04..06}}.tar", $"{named}/a-07.tgz"];
    }

    private string Add(int number, string name, string id)
    {
        Ids[name] = id;
        int broken = number / 100;
        int kind = _source == ChaosSource.Files ? broken % Codes.Length : KindsInArchives[broken % KindsInArchives.Length];
        return number % 100 == 99
            ? AddBroken(name, id, kind)
            : AddGood(name, id, number % 20 == 18 ? number - 1 : number);
    }

    private string AddGood(string name, string id, int seed)
    {
        string file = Path.Combine(Folder, $"{name}.bmp");
        File.WriteAllBytes(file, NoiseImage.Bmp(seed, Side));
        Good.Add(id, file);
        return file;
    }

    private string AddBroken(string name, string id, int kind)
    {
        string file = Path.Combine(Path.GetDirectoryName(Folder)!, "broken", $"{name}.bmp");
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
