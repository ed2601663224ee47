using System.Buffers.Binary;

namespace VitGrid.Runtime.Images;

/// <summary>What becomes of the alpha of an image that libvips decodes.</summary>
/// <param name="IsGrey">Whether a PNG's pixels are grey with alpha, whose 16 bits lose their low byte.</param>
/// <param name="IsOnWhite">Whether a band of alpha, where there is one, is laid on white; else it is dropped.</param>
/// <param name="GreyKey">The level of a grey PNG that is transparent and becomes white; null for none.</param>
internal readonly record struct AlphaUse(bool IsGrey, bool IsOnWhite, int? GreyKey)
{
    private const int DepthAt = 24;
    private const int ColourTypeAt = 25;
    private const byte Grey = 0;
    private const byte Colour = 2;
    private const byte GreyAndAlpha = 4;

    private const int SignatureBytes = 8;
    private const int ChunkBytes = 12;

    /// <summary>
    /// As the reference does it, which keeps the alpha of palettes, of grey and of colour. Colours of which one is transparent are plain
    /// RGB to it, and a transparent level of grey is compared as it stands in the file.
    /// </summary>
    public static AlphaUse Of(ReadOnlySpan<byte> file, ImageFormat format, PreprocessProfile profile)
    {
        if (format != ImageFormat.Png || file.Length <= ColourTypeAt)
            return new(false, profile.IsOnWhite, null);
        // Grey with a transparent value looks the same once decoded, but Pillow opens it as plain 16-bit grey: only the header tells.
        byte type = file[ColourTypeAt];
        bool hasKey = profile.IsOnWhite && type == Grey && file[DepthAt] <= 8;
        return new(
            type == GreyAndAlpha, profile.IsOnWhite && type is not (Grey or Colour), hasKey ? TransparentGrey(file) : null);
    }

    private static int? TransparentGrey(ReadOnlySpan<byte> file)
    {
        int? level = null;
        for (int at = SignatureBytes; at + ChunkBytes <= file.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            ReadOnlySpan<byte> type = file.Slice(at + 4, 4);
            if (type.SequenceEqual("IDAT"u8) || length > file.Length - at - ChunkBytes)
                break;
            if (type.SequenceEqual("tRNS"u8) && length >= 2)
                level = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 8)..]);
            at += ChunkBytes + (int)length;
        }
        return level;
    }
}
