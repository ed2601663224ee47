namespace VitGrid.Runtime.Images.Tiff;

/// <summary>Finds a page's orientation where the reference looks for it.</summary>
internal static class TiffOrientation
{
    /// <summary>1–8; any other number means "as stored". The XMP packet is asked only where the tag is missing.</summary>
    public static int Read(TiffDirectory directory)
    {
        if (directory.Has(TiffTag.Orientation))
            return (int)Math.Clamp(directory.Number(TiffTag.Orientation, 1), 0, 9);
        ReadOnlySpan<byte> name = "tiff:Orientation"u8;
        for (ReadOnlySpan<byte> xmp = directory.Bytes(TiffTag.Xmp); xmp.IndexOf(name) is int found and >= 0;)
        {
            xmp = xmp[(found + name.Length)..];
            int mark = xmp.StartsWith("=\""u8) ? 2 : xmp.StartsWith(">"u8) ? 1 : 0;
            if (mark > 0 && xmp.Length > mark && char.IsAsciiDigit((char)xmp[mark]))
                return xmp[mark] - '0';
        }
        return 1;
    }
}
