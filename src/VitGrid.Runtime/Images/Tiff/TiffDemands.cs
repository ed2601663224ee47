namespace VitGrid.Runtime.Images.Tiff;

/// <summary>
/// What a directory's entries must be for the reference to read the file at all, beyond what their numbers say: Pillow compares numbers
/// and has bytes where a type is wrong, and libtiff, which unpacks what is compressed, refuses the whole file.
/// </summary>
internal static class TiffDemands
{
    /// <summary>Refuses numbers stored as bytes or text.</summary>
    /// <exception cref="ImageException">One of the tags that decide what samples are is stored so.</exception>
    public static void CheckNumber(TiffTag tag, int type)
    {
        bool decides = tag is TiffTag.Width or TiffTag.Height or TiffTag.BitsPerSample or TiffTag.Compression or TiffTag.Photometric
            or TiffTag.FillOrder or TiffTag.SamplesPerPixel or TiffTag.ExtraSamples or TiffTag.SampleFormat;
        if (decides && type is 1 or 2 or 7)
            throw TiffDirectory.Damaged($"has tag {(int)tag} of type {type}, which is no number");
    }

    /// <summary>Says what libtiff refuses an entry for; null where it reads it, or passes over it.</summary>
    /// <param name="tag">The entry's tag.</param>
    /// <param name="type">The type of its values.</param>
    /// <param name="values">How many it claims.</param>
    /// <param name="first">The first of them; none where they lie beyond the file.</param>
    public static string? Fault(TiffTag tag, int type, ulong values, long? first)
    {
        bool single = IsSingle(tag);
        if (!single && !IsList(tag))
            return null;
        if (type is not (1 or 3 or 4 or 6 or 8 or 9 or 16 or 17))
            return $"has tag {(int)tag} of type {type}, which is no whole number";
        if (single && values != 1)
            return $"has {values} values for tag {(int)tag}, which has one";
        if (first is null && values > 0)
            return $"has {values} values for tag {(int)tag} that lie beyond the file";
        bool known = tag switch
        {
            TiffTag.Planes => first is 1 or 2,
            TiffTag.RowsPerStrip or TiffTag.SamplesPerPixel => first != 0,
            _ => true,
        };
        return known ? null : $"has the value {first} for tag {(int)tag}";
    }

    private static bool IsSingle(TiffTag tag) => tag is TiffTag.Width or TiffTag.Height or TiffTag.SamplesPerPixel
        or TiffTag.RowsPerStrip or TiffTag.Planes or TiffTag.TileWidth or TiffTag.TileHeight;

    private static bool IsList(TiffTag tag) => tag is TiffTag.BitsPerSample or TiffTag.SampleFormat or TiffTag.ExtraSamples
        or TiffTag.StripOffsets or TiffTag.StripByteCounts or TiffTag.TileOffsets or TiffTag.TileByteCounts;
}
