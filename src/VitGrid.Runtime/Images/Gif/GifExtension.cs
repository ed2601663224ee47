namespace VitGrid.Runtime.Images.Gif;

/// <summary>Reads the one fact of a GIF's extensions that reaches pixels: the transparent colour.</summary>
internal static class GifExtension
{
    private const byte GraphicControl = 0xf9;
    private const byte Comment = 0xfe;
    private const byte Application = 0xff;
    private const int ControlBytes = 4;

    /// <summary>Steps over an extension, its introducer already read; the transparent colour's index where it names one.</summary>
    /// <exception cref="ImageException">The file ends within, or a graphic control is too short.</exception>
    public static byte? Read(ref GifCursor cursor)
    {
        byte label = cursor.Byte();
        ReadOnlySpan<byte> block = cursor.Block();
        byte? transparent = label == GraphicControl && !block.IsEmpty ? TransparentColour(block) : null;
        // The reference ends only a comment at an ending block that comes first, and takes whatever block comes second for a loop count.
        if (label == Comment && block.IsEmpty)
            return transparent;
        if (label == Application && block.StartsWith("NETSCAPE2.0"u8))
            _ = cursor.Block();
        while (!cursor.Block().IsEmpty)
        {
        }
        return transparent;
    }

    private static byte? TransparentColour(ReadOnlySpan<byte> control) => control.Length < ControlBytes
        ? throw ImageRefusal.Damaged(ImageFormat.Gif, $"has a graphic control of {control.Length} bytes, not {ControlBytes}")
        : (control[0] & 1) != 0 ? control[3] : null;
}
