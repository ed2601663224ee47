namespace VitGrid.Runtime.Images.Png;

/// <summary>What the reference demands of chunks that it reads, also where libpng only warns.</summary>
internal static class PngDemands
{
    private const int FilterAt = 11;

    /// <summary>Refuses a chunk that the reference refuses.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="colourType">The kind of colours that the header before it names.</param>
    /// <param name="behindPixels">Whether it lies behind the first pixels; checksums no longer count there.</param>
    /// <exception cref="ImageException">Such a chunk.</exception>
    public static void Check(PngChunk chunk, byte colourType, bool behindPixels)
    {
        bool pixels = chunk.Is("IDAT"u8);
        if (chunk.IsBroken)
            throw Damaged("has a chunk before its pixels whose type is no word");
        if (!behindPixels && !pixels && !(chunk.IsComplete && chunk.IsSound))
            throw Damaged("has a chunk with a wrong checksum before its pixels");
        if (!pixels && chunk.EndsWithinData)
            throw Damaged("is cut off within a chunk behind its pixels");
        if (chunk.IsComplete && !HasLength(chunk, colourType))
            throw Damaged($"has a chunk of {chunk.Data.Length} bytes that needs more");
        if (chunk.IsComplete && !HasKnownMethods(chunk))
            throw Damaged("has a chunk whose compression or filter is unknown");
    }

    private static bool HasLength(PngChunk chunk, byte colourType) => chunk switch
    {
        _ when chunk.Is("IHDR"u8) => chunk.Data.Length >= PngHeader.Bytes,
        _ when chunk.Is("sRGB"u8) => chunk.Data.Length >= 1,
        _ when chunk.Is("gAMA"u8) || chunk.Is("fdAT"u8) => chunk.Data.Length >= 4,
        _ when chunk.Is("pHYs"u8) => chunk.Data.Length >= 9,
        _ when chunk.Is("acTL"u8) => chunk.Data.Length >= 8,
        _ when chunk.Is("fcTL"u8) => chunk.Data.Length >= 26,
        _ when chunk.Is("cHRM"u8) => chunk.Data.Length % 4 == 0,
        // Two bytes a sample of the colour; a palette may have fewer than its colours.
        _ when chunk.Is("tRNS"u8) => chunk.Data.Length >= colourType switch { 0 => 2, 2 => 6, _ => 0 },
        _ => true,
    };

    private static bool HasKnownMethods(PngChunk chunk)
    {
        int name = chunk.Data.IndexOf((byte)0);
        if (chunk.Is("IHDR"u8))
            return chunk.Data[FilterAt] == 0;
        if (chunk.Is("iCCP"u8))
            return chunk.Data.Length > name + 1 && chunk.Data[name + 1] == 0;
        return !chunk.Is("zTXt"u8) || name < 0 || name + 1 >= chunk.Data.Length || chunk.Data[name + 1] == 0;
    }

    private static ImageException Damaged(string what) => ImageRefusal.Damaged(ImageFormat.Png, what);
}
