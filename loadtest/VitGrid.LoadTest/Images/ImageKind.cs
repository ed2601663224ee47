using System.Globalization;

namespace VitGrid.LoadTest.Images;

/// <summary>How an image is stored.</summary>
internal enum ImageFormat
{
    /// <summary>Baseline JPEG, 4:2:0, as cameras write it.</summary>
    Jpeg,

    /// <summary>PNG of 8 bits a channel.</summary>
    Png,

    /// <summary>WebP, lossless.</summary>
    WebP,
}

/// <summary>One kind of image in a mix.</summary>
/// <param name="Format">How it is stored.</param>
/// <param name="Width">In pixels, 1–16,383.</param>
/// <param name="Height">In pixels, 1–16,383.</param>
/// <param name="Weight">Its part of all images, relative to the other kinds; above 0.</param>
internal sealed record ImageKind(ImageFormat Format, int Width, int Height, double Weight)
{
    private const int LargestSide = 16_383;

    /// <summary>Reads <c>jpeg:1920x1080=3,png:224x224</c>: format, size and, after <c>=</c>, the weight, 1 when it is left out.</summary>
    /// <exception cref="FormatException">It is not of that form; the message says what is wrong.</exception>
    public static IReadOnlyList<ImageKind> ParseMix(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries).Select(ParseOne)];

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name(Format)}:{Width}x{Height}={Weight:0.###}");

    /// <summary>The format as it stands in a mix and in <c>image/…</c>.</summary>
    public static string Name(ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => "jpeg",
        ImageFormat.Png => "png",
        _ => "webp",
    };

    private static ImageKind ParseOne(string text)
    {
        string[] weighted = text.Split('=');
        string[] parts = weighted[0].Split(':');
        string[] sides = parts.Length == 2 ? parts[1].Split('x') : [];
        if (weighted.Length > 2 || sides.Length != 2)
            throw Wrong(text, "it is not FORMAT:WIDTHxHEIGHT or FORMAT:WIDTHxHEIGHT=WEIGHT");
        double weight = 1;
        if (weighted.Length == 2
            && !(double.TryParse(weighted[1], CultureInfo.InvariantCulture, out weight) && weight > 0 && double.IsFinite(weight)))
            throw Wrong(text, $"its weight '{weighted[1]}' is not a number above 0");
        return new(ParseFormat(text, parts[0]), ParseSide(text, sides[0]), ParseSide(text, sides[1]), weight);
    }

    private static ImageFormat ParseFormat(string text, string name) => name switch
    {
        "jpeg" or "jpg" => ImageFormat.Jpeg,
        "png" => ImageFormat.Png,
        "webp" => ImageFormat.WebP,
        _ => throw Wrong(text, $"its format '{name}' is none of jpeg, png, webp"),
    };

    private static int ParseSide(string text, string side) =>
        int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out int pixels) && pixels is > 0 and <= LargestSide
            ? pixels
            : throw Wrong(text, $"its side '{side}' is not a whole number from 1 to {LargestSide}");

    private static FormatException Wrong(string text, string why) =>
        new($"'{text}' is no kind of image: {why}; e.g. jpeg:1920x1080=3,png:224x224");
}
