// Draws the images in this folder: `dotnet run docs/images/draw.cs -- docs/images`. Five motifs, each as it is, seen
// closer and brighter, and turned in other light, so that a search for look-alikes has something to find.
using System.Buffers.Binary;
using System.IO.Compression;

const int Side = 160;

string folder = args.Length == 1 ? args[0] : throw new ArgumentException("one argument: the folder to draw into");
Directory.CreateDirectory(folder);
foreach ((string name, Shape[] motif) in Motifs.All)
{
    Save($"{name}.png", motif, new View(Turn: 0, Zoom: 1, Light: new(1, 1, 1)));
    Save($"{name}-closer.png", motif, new View(Turn: 0, Zoom: 1.3, Light: new(1.12, 1.12, 1.08)));
    Save($"{name}-turned.png", motif, new View(Turn: 0.17, Zoom: 1.1, Light: new(0.88, 0.82, 0.95)));
}

void Save(string file, Shape[] motif, View view) => File.WriteAllBytes(Path.Combine(folder, file), Png.Encode(Side, Raster.Draw(Side, motif, view)));

/// <summary>Red, green, blue; 0–1.</summary>
internal readonly record struct Colour(double Red, double Green, double Blue);

/// <summary>What is seen of a motif: turned by radians about the middle, enlarged, each channel multiplied.</summary>
internal readonly record struct View(double Turn, double Zoom, Colour Light);

/// <summary>An area of one colour. Coordinates run from 0 to 1, y downwards.</summary>
internal sealed record Shape(Colour Colour, Func<double, double, bool> Covers)
{
    public static Shape Ellipse(Colour colour, double x, double y, double across, double down) =>
        new(colour, (px, py) => Math.Pow((px - x) / across, 2) + Math.Pow((py - y) / down, 2) <= 1);

    public static Shape Box(Colour colour, double left, double top, double right, double bottom) =>
        new(colour, (x, y) => x >= left && x <= right && y >= top && y <= bottom);

    /// <summary>A convex polygon, corners clockwise as seen on the image.</summary>
    public static Shape Polygon(Colour colour, params (double X, double Y)[] corners) => new(colour, (x, y) =>
        Enumerable.Range(0, corners.Length).All(i =>
        {
            (double ax, double ay) = corners[i];
            (double bx, double by) = corners[(i + 1) % corners.Length];
            return ((bx - ax) * (y - ay)) - ((by - ay) * (x - ax)) >= 0;
        }));
}

internal static class Motifs
{
    private static readonly Colour Sky = new(0.62, 0.80, 0.95);
    private static readonly Colour Grass = new(0.45, 0.68, 0.35);
    private static readonly Colour Sea = new(0.20, 0.45, 0.70);
    private static readonly Colour Red = new(0.80, 0.22, 0.18);
    private static readonly Colour Brown = new(0.48, 0.32, 0.20);
    private static readonly Colour Cream = new(0.96, 0.92, 0.80);
    private static readonly Colour Yellow = new(0.98, 0.82, 0.25);
    private static readonly Colour Orange = new(0.95, 0.55, 0.15);
    private static readonly Colour Dark = new(0.15, 0.16, 0.20);
    private static readonly Colour Leaf = new(0.18, 0.50, 0.24);

    public static (string Name, Shape[] Motif)[] All { get; } =
    [
        ("house",
        [
            Everywhere(Sky), Shape.Box(Grass, -1, 0.78, 2, 2), Shape.Box(Cream, 0.25, 0.45, 0.75, 0.82),
            Shape.Polygon(Red, (0.5, 0.18), (0.82, 0.46), (0.18, 0.46)), Shape.Box(Brown, 0.44, 0.6, 0.56, 0.82),
            Shape.Box(Sea, 0.31, 0.54, 0.4, 0.64), Shape.Box(Sea, 0.6, 0.54, 0.69, 0.64), Shape.Ellipse(Yellow, 0.86, 0.16, 0.08, 0.08),
        ]),
        ("boat",
        [
            Everywhere(Cream), Shape.Box(Sea, -1, 0.7, 2, 2), Shape.Box(Dark, 0.485, 0.15, 0.51, 0.64),
            Shape.Polygon(Red, (0.53, 0.17), (0.82, 0.58), (0.53, 0.58)), Shape.Polygon(Yellow, (0.47, 0.24), (0.47, 0.58), (0.24, 0.58)),
            Shape.Polygon(Brown, (0.16, 0.63), (0.86, 0.63), (0.74, 0.78), (0.28, 0.78)),
        ]),
        ("tree",
        [
            Everywhere(Cream), Shape.Box(Grass, -1, 0.84, 2, 2), Shape.Box(Brown, 0.45, 0.55, 0.55, 0.88),
            Shape.Ellipse(Leaf, 0.5, 0.36, 0.22, 0.24), Shape.Ellipse(Leaf, 0.33, 0.46, 0.17, 0.16), Shape.Ellipse(Leaf, 0.67, 0.46, 0.17, 0.16),
            Shape.Ellipse(Red, 0.42, 0.34, 0.03, 0.03), Shape.Ellipse(Red, 0.58, 0.43, 0.03, 0.03), Shape.Ellipse(Red, 0.66, 0.52, 0.03, 0.03),
        ]),
        ("fish",
        [
            Everywhere(Sea), Shape.Polygon(Orange, (0.70, 0.5), (0.92, 0.3), (0.92, 0.7)), Shape.Ellipse(Orange, 0.46, 0.5, 0.32, 0.2),
            Shape.Box(Cream, 0.40, 0.33, 0.46, 0.67), Shape.Box(Cream, 0.56, 0.35, 0.61, 0.65), Shape.Ellipse(Cream, 0.27, 0.44, 0.05, 0.05),
            Shape.Ellipse(Dark, 0.26, 0.44, 0.022, 0.022), Shape.Ellipse(Sky, 0.12, 0.24, 0.03, 0.03), Shape.Ellipse(Sky, 0.18, 0.14, 0.04, 0.04),
        ]),
        ("face",
        [
            Everywhere(new(0.85, 0.85, 0.88)), Shape.Ellipse(Yellow, 0.5, 0.5, 0.36, 0.36), Shape.Ellipse(Dark, 0.37, 0.41, 0.045, 0.065),
            Shape.Ellipse(Dark, 0.63, 0.41, 0.045, 0.065), Shape.Ellipse(Dark, 0.5, 0.6, 0.21, 0.14), Shape.Ellipse(Yellow, 0.5, 0.54, 0.23, 0.13),
        ]),
    ];

    private static Shape Everywhere(Colour colour) => new(colour, (_, _) => true);
}

internal static class Raster
{
    private const int Samples = 4;

    public static byte[] Draw(int side, Shape[] motif, View view)
    {
        byte[] pixels = new byte[side * side * 3];
        for (int i = 0; i < side * side; i++)
            Average(side, i % side, i / side, motif, view).CopyTo(pixels.AsSpan(i * 3));
        return pixels;
    }

    private static byte[] Average(int side, int column, int row, Shape[] motif, View view)
    {
        double red = 0, green = 0, blue = 0;
        for (int sample = 0; sample < Samples * Samples; sample++)
        {
            Colour seen = At(motif, view, Middle(column, sample % Samples, side), Middle(row, sample / Samples, side));
            (red, green, blue) = (red + seen.Red, green + seen.Green, blue + seen.Blue);
        }
        return [ToByte(red * view.Light.Red), ToByte(green * view.Light.Green), ToByte(blue * view.Light.Blue)];
    }

    private static Colour At(Shape[] motif, View view, double x, double y)
    {
        (double sin, double cos) = Math.SinCos(view.Turn);
        (double dx, double dy) = ((x - 0.5) / view.Zoom, (y - 0.5) / view.Zoom);
        (double mx, double my) = (0.5 + (cos * dx) + (sin * dy), 0.5 - (sin * dx) + (cos * dy));
        return motif.Last(shape => shape.Covers(mx, my)).Colour;
    }

    private static double Middle(int pixel, int sample, int side) => (pixel + ((sample + 0.5) / Samples)) / side;

    private static byte ToByte(double sum) => (byte)Math.Clamp(Math.Round(sum / (Samples * Samples) * 255), 0, 255);
}

/// <summary>PNG, 8-bit RGB, every row unfiltered (specification: W3C PNG, sections 5 and 11).</summary>
internal static class Png
{
    public static byte[] Encode(int side, byte[] pixels)
    {
        using MemoryStream file = new();
        file.Write([0x89, .. "PNG\r\n\u001a\n"u8]);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), side);
        (header[8], header[9]) = (8, 2);
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, Compress(side, pixels));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Compress(int side, byte[] pixels)
    {
        using MemoryStream bytes = new();
        using (ZLibStream stream = new(bytes, CompressionLevel.SmallestSize))
        {
            for (int row = 0; row < side; row++)
            {
                stream.WriteByte(0);
                stream.Write(pixels, row * side * 3, side * 3);
            }
        }
        return bytes.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] body = [.. type, .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        file.Write(number);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
        }
        return ~crc;
    }
}
