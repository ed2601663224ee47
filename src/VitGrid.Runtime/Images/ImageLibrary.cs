namespace VitGrid.Runtime.Images;

/// <summary>What the native image library is and reads: facts for <c>doctor</c>.</summary>
public static class ImageLibrary
{
    private static readonly (string Format, string Loader)[] Loaders =
    [
        ("jpeg", "jpegload_buffer"), ("png", "pngload_buffer"), ("webp", "webpload_buffer"), ("gif", "gifload_buffer"),
        ("tiff", "tiffload_buffer"),
    ];

    /// <summary>libvips' version.</summary>
    /// <exception cref="TypeInitializationException">The native library cannot be loaded.</exception>
    public static string Version => $"{NetVips.NetVips.Version(0)}.{NetVips.NetVips.Version(1)}.{NetVips.NetVips.Version(2)}";

    /// <summary>Those served image formats that the native library was built to read (BMP is read without it).</summary>
    /// <exception cref="TypeInitializationException">The native library cannot be loaded.</exception>
    public static IReadOnlyList<string> Formats =>
        [.. Loaders.Where(loader => NetVips.NetVips.TypeFind("VipsOperation", loader.Loader) != 0).Select(loader => loader.Format)];
}
