namespace VitGrid.LoadTest.Pictures;

/// <summary>The pictures a run sends, each with its weight.</summary>
internal sealed class PictureSet
{
    /// <summary>Pictures drawn of every kind: enough that no cache of pixels is of use, few enough that all are drawn in a moment.</summary>
    private const int DrawnOfEach = 4;

    private readonly double[] _upTo;

    private PictureSet(IReadOnlyList<StampedPicture> pictures, IEnumerable<double> weights)
    {
        Pictures = pictures;
        double sum = 0;
        _upTo = [.. weights.Select(weight => sum += weight)];
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<StampedPicture> Pictures { get; }

    /// <summary>Draws a mix. Equal seeds give equal files.</summary>
    public static PictureSet Draw(IReadOnlyList<PictureKind> mix, int seed)
    {
        PictureKind[] kinds = [.. mix.SelectMany(kind => Enumerable.Repeat(kind, DrawnOfEach))];
        return new([.. kinds.Select((kind, i) => StampedPicture.Of(Encode(kind, seed + i), $"image/{PictureKind.Name(kind.Format)}"))], kinds.Select(kind => kind.Weight));
    }

    /// <summary>Draws pictures of one kind and fills each up to <paramref name="bytes"/> behind its end, where no decoder reads.</summary>
    /// <exception cref="ArgumentException">A picture of that kind is larger.</exception>
    public static PictureSet OfEqualSize(PictureKind kind, int bytes, int seed)
    {
        PictureSet drawn = Draw([kind], seed);
        int largest = drawn.Pictures.Max(picture => picture.File.Length);
        if (largest > bytes)
            throw new ArgumentException($"a picture of {kind} takes up to {largest} bytes, more than {bytes}; ask for more bytes or smaller pictures", nameof(bytes));
        return new([.. drawn.Pictures.Select(picture => picture.FilledUp(bytes))], drawn.Pictures.Select(_ => 1.0));
    }

    /// <summary>Reads every picture of a folder, each as often as the others.</summary>
    /// <exception cref="IOException">The folder cannot be read or holds no picture.</exception>
    public static PictureSet Read(string folder)
    {
        StampedPicture[] pictures =
        [
            .. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
                .Select(file => (File: file, Type: MediaTypeOf(file)))
                .Where(found => found.Type is not null)
                .Select(found => StampedPicture.Of(File.ReadAllBytes(found.File), found.Type!)),
        ];
        return pictures.Length > 0
            ? new(pictures, pictures.Select(_ => 1.0))
            : throw new IOException($"{folder} holds no .jpg, .png, .webp, .gif, .bmp or .tif file to send");
    }

    /// <summary>The picture that <paramref name="part"/>, 0 ≤ part &lt; 1, falls on.</summary>
    public int At(double part)
    {
        int found = Array.FindIndex(_upTo, upTo => part * _upTo[^1] < upTo);
        return found < 0 ? _upTo.Length - 1 : found;
    }

    private static byte[] Encode(PictureKind kind, int seed)
    {
        Canvas canvas = Canvas.Draw(seed, kind.Width, kind.Height);
        return kind.Format switch
        {
            PictureFormat.Jpeg => JpegWriter.Write(canvas),
            PictureFormat.Png => PngWriter.Write(canvas),
            _ => WebPWriter.Write(canvas),
        };
    }

    private static string? MediaTypeOf(string file) => Path.GetExtension(file).ToUpperInvariant() switch
    {
        ".JPG" or ".JPEG" => "image/jpeg",
        ".PNG" => "image/png",
        ".WEBP" => "image/webp",
        ".GIF" => "image/gif",
        ".BMP" => "image/bmp",
        ".TIF" or ".TIFF" => "image/tiff",
        _ => null,
    };
}
