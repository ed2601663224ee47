using System.Security.Cryptography;
using System.Text.Json;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>The images under <c>Golden/preprocess</c> and the SHA-256 values that Pillow gave for them.</summary>
internal static class GoldenImages
{
    public static PreprocessProfile Crop { get; } = new() { Mode = ResizeMode.Crop, Size = InputSize.Square(448) };

    public static PreprocessProfile Squash { get; } = Crop with { Mode = ResizeMode.Squash };

    public static IReadOnlyDictionary<string, JsonElement> Expected { get; } = Read("expected.json", root => root);

    public static IReadOnlyDictionary<string, JsonElement> ExpectedPillow13 { get; } = Read(
        "expected-pillow13.json", root => root.GetProperty("pictures"));

    public static TheoryData<string> Names { get; } = [.. Expected.Keys.Order(StringComparer.Ordinal)];

    public static byte[] File(string name) => System.IO.File.ReadAllBytes(GoldenFiles.PathOf("preprocess", name));

    public static byte[] Process(byte[] file, PreprocessProfile profile)
    {
        byte[] pixels = new byte[profile.Size.PixelBytes];
        new ImagePreprocessor(new ImageLimits()).Process(file, profile, pixels);
        return pixels;
    }

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static Dictionary<string, JsonElement> Read(string file, Func<JsonElement, JsonElement> entries)
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllText(GoldenFiles.PathOf("preprocess", file)));
        return entries(document.RootElement.Clone()).EnumerateArray().ToDictionary(entry => entry.GetProperty("file").GetString()!);
    }
}
