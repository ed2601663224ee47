namespace VitGrid.LoadTest.Images;

/// <summary>The images a run sends, each with its weight.</summary>
internal sealed class ImageSet
{
    /// <summary>Images drawn of every kind: enough that no cache of pixels is of use, few enough that all are drawn in a moment.</summary>
    private const int DrawnOfEach = 4;

    private readonly double[] _upTo;

    private ImageSet(IReadOnlyList<StampedImage> images, IEnumerable<double> weights)
    {
        Images = images;
        double sum = 0;
        _upTo = [.. weights.Select(weight => sum += weight)];
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<StampedImage> Images { get; }

    /// <summary>Draws a mix. Equal seeds give equal files.</summary>
    public static ImageSet Draw(IReadOnlyList<ImageKind> mix, int seed)
    {
        ImageKind[] kinds = [.. mix.SelectMany(kind => Enumerable.Repeat(kind, DrawnOfEach))];
        return new([.. kinds.Select((kind, i) => StampedImage.From(Encode(kind, seed + i), $"image/{ImageKind.Name(kind.Format)}"))],
            kinds.Select(kind => kind.Weight));
    }

    /// <summary>Draws images of one kind and fills each up to <paramref name="bytes"/> behind its end, where no decoder reads.</summary>
    /// <exception cref="ArgumentException">An image of that kind is larger.</exception>
    public static ImageSet OfEqualSize(ImageKind kind, int bytes, int seed)
    {
        ImageSet drawn = Draw([kind], seed);
        int largest = drawn.Images.Max(image => image.File.Length);
        if (largest > bytes)
            throw new ArgumentException(
                $"an image of {kind} takes up to {largest} bytes, more than {bytes}; ask for more bytes or smaller images", nameof(bytes));
        return new([.. drawn.Images.Select(image => image.FilledUp(bytes))], drawn.Images.Select(_ => 1.0));
    }

    /// <summary>Reads every image of a folder, each as often as the others.</summary>
    /// <exception cref="IOException">The folder cannot be read or holds no image.</exception>
    public static ImageSet Read(string folder)
    {
        StampedImage[] images =
        [
            .. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
                .Select(file => (File: file, Type: MediaTypeOf(file)))
                .Where(found => found.Type is not null)
                .Select(found => StampedImage.From(File.ReadAllBytes(found.File), found.Type!)),
        ];
        return images.Length > 0
            ? new(images, images.Select(_ => 1.0))
            : throw new IOException($"{folder} holds no .jpg, .png, .webp, .gif, .bmp or .tif file to send");
    }

    /// <summary>The image that <paramref name="part"/>, 0 ≤ part &lt; 1, falls on.</summary>
    public int At(double part)
    {
        int found = Array.FindIndex(_upTo, upTo => part * _upTo[^1] < upTo);
        return found < 0 ? _upTo.Length - 1 : found;
    }

    private static byte[] Encode(ImageKind kind, int seed)
    {
        Canvas canvas = Canvas.Draw(seed, kind.Width, kind.Height);
        return kind.Format switch
        {
            ImageFormat.Jpeg => JpegWriter.Write(canvas),
            ImageFormat.Png => PngWriter.Write(canvas),
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
