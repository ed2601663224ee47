namespace VitGrid.LoadTest.Images;

/// <summary>
/// Pixels with a photograph's statistics: smooth fields of several scales and a little grain, so that a JPEG of them has about the size and
/// costs about the time of a photograph. Equal seeds give equal pixels on every machine.
/// </summary>
internal sealed class Canvas
{
    private const int Grain = 5;

    /// <summary>Cell size in pixels and amplitude of each scale.</summary>
    private static readonly (int Cell, int Amplitude)[] Scales = [(256, 70), (64, 36), (16, 14), (5, 6)];

    private readonly Random _random;

    private Canvas(int seed, int width, int height) =>
        (_random, Width, Height, Rgb) = (new(seed), width, height, new byte[width * height * 3]);

    /// <summary>In pixels.</summary>
    public int Width { get; }

    /// <summary>In pixels.</summary>
    public int Height { get; }

    /// <summary>Rows of red, green, blue; <see cref="Height"/> × <see cref="Width"/> × 3 bytes.</summary>
    public byte[] Rgb { get; }

    /// <summary>Draws an image.</summary>
    public static Canvas Draw(int seed, int width, int height)
    {
        Canvas canvas = new(seed, width, height);
        int[] light = new int[width * height];
        int[] warmth = new int[width * height];
        foreach ((int cell, int amplitude) in Scales)
            canvas.AddField(light, cell, amplitude);
        canvas.AddField(warmth, Scales[0].Cell, Scales[1].Amplitude);
        for (int i = 0; i < light.Length; i++)
            canvas.Paint(i, 128 + light[i] + canvas._random.Next(-Grain, Grain + 1), warmth[i]);
        return canvas;
    }

    private void Paint(int pixel, int light, int warmth)
    {
        Rgb[pixel * 3] = Clamp(light + warmth);
        Rgb[(pixel * 3) + 1] = Clamp(light);
        Rgb[(pixel * 3) + 2] = Clamp(light - warmth);
    }

    /// <summary>Adds random values at the corners of cells, interpolated between them, in whole numbers.</summary>
    private void AddField(int[] field, int cell, int amplitude)
    {
        int across = (Width / cell) + 2;
        int[] corners = [.. Enumerable.Range(0, across * ((Height / cell) + 2)).Select(_ => _random.Next(-amplitude, amplitude + 1))];
        for (int y = 0; y < Height; y++)
        {
            int above = y / cell * across, below = above + across, down = y % cell;
            for (int x = 0; x < Width; x++)
            {
                int left = x / cell, right = x % cell;
                int left2 = (corners[above + left] * (cell - down)) + (corners[below + left] * down);
                int right2 = (corners[above + left + 1] * (cell - down)) + (corners[below + left + 1] * down);
                field[(y * Width) + x] += ((left2 * (cell - right)) + (right2 * right)) / (cell * cell);
            }
        }
    }

    private static byte Clamp(int value) => (byte)Math.Clamp(value, 0, 255);
}
