using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace VitGrid.Page.Layout;

/// <summary>Scripts, styles and drawings of the page, which lie in this assembly, so that they are found from any folder.</summary>
public static class PageAssets
{
    private static readonly FrozenDictionary<string, PageAsset> Assets = typeof(PageAssets).Assembly.GetManifestResourceNames()
        .Where(name => ContentType(name) is not null).Select(Read).ToFrozenDictionary(asset => asset.Name, StringComparer.Ordinal);

    /// <summary>The drawings that are shipped to try with, by name.</summary>
    public static IReadOnlyList<string> Drawings { get; } =
        [.. Assets.Keys.Where(name => name.StartsWith(DrawingFolder, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private const string DrawingFolder = "drawings/";

    /// <summary>An asset; null: there is none of that name.</summary>
    public static PageAsset? Find(string name) => Assets.GetValueOrDefault(name);

    /// <summary>Where an asset is served; its content stands in the address, so that it may be kept for ever.</summary>
    public static string Address(string name) => name == "blazor.server.js"
        ? $"_framework/{name}?v={Assets[name].Tag}" : $"page/assets/{name}?v={Assets[name].Tag}";

    /// <summary>An asset as text.</summary>
    internal static string Text(string name) => Encoding.UTF8.GetString(Assets[name].Bytes.Span);

    private static PageAsset Read(string name)
    {
        using Stream stream = typeof(PageAssets).Assembly.GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new(name, ContentType(name)!, Convert.ToHexStringLower(SHA256.HashData(bytes))[..16], bytes);
    }

    private static string? ContentType(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".png" => "image/png",
        _ => null,
    };
}

/// <summary>A file that the page loads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ContentType">What it is.</param>
/// <param name="Tag">A short digest of its content.</param>
/// <param name="Bytes">Its content.</param>
public sealed record PageAsset(string Name, string ContentType, string Tag, ReadOnlyMemory<byte> Bytes);
