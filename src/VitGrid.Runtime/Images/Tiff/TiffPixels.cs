using NetVips;

namespace VitGrid.Runtime.Images.Tiff;

/// <summary>Turns samples as they are stored into red, green and blue bytes.</summary>
internal sealed class TiffPixels(TiffColour colour, int bits, byte[]? palette)
{
    /// <summary>Whether the sample behind the colours is alpha, and white shows through.</summary>
    public bool IsOnWhite { get; init; }

    /// <summary>Reads the samples of <paramref name="image"/>.</summary>
    public Raster ToRaster(Image image, Grey16 grey16)
    {
        using Image bands = image.ExtractBand(0, Math.Min(BandsUsed, image.Bands));
        using Image bytes = Bytes(bands, grey16);
        Raster raster = VipsPixels.Write(bytes, Math.Max(bytes.Bands, Raster.PixelBytes + (IsOnWhite ? 1 : 0)));
        int count = raster.Width * raster.Height;
        if (IsOnWhite && bytes.Bands == 2)
        {
            ToRgba(raster.Bytes, count);
            WhiteGround.Compose(raster.Bytes, count);
            return raster;
        }
        switch (colour)
        {
            case TiffColour.Grey or TiffColour.InvertedGrey or TiffColour.Palette:
                IndexedPixels.ToRgb(raster.Bytes, count, palette ?? (colour == TiffColour.Grey ? IndexedPixels.GreyRamp : Inverted));
                break;
            case TiffColour.Premultiplied:
                Divide(raster.Bytes, count);
                break;
            case TiffColour.Rgb when IsOnWhite && bytes.Bands == 4:
                WhiteGround.Compose(raster.Bytes, count);
                break;
            case TiffColour.Cmyk:
                CmykPixels.ToRgb(raster.Bytes, count);
                break;
        }
        return raster;
    }

    private static readonly byte[] Inverted =
        [.. Enumerable.Range(0, IndexedPixels.PaletteBytes).Select(at => (byte)(255 - (at / Raster.PixelBytes)))];

    private int BandsUsed => colour switch
    {
        TiffColour.Grey or TiffColour.InvertedGrey or TiffColour.Palette => IsOnWhite ? 2 : 1,
        TiffColour.Cmyk or TiffColour.Premultiplied => 4,
        _ => Raster.PixelBytes + (IsOnWhite ? 1 : 0),
    };

    // Colours of 16 bits lose their low byte; grey of more than 8 bits is clamped, or divided by 257 when that is asked for.
    private Image Bytes(Image image, Grey16 grey16) => image.Format switch
    {
        Enums.BandFormat.Uchar => image.Copy(),
        Enums.BandFormat.Ushort when image.Bands > 1 => image.Cast(Enums.BandFormat.Uchar, shift: true),
        Enums.BandFormat.Ushort when grey16 == Grey16.Scale && bits == 16 => VipsPixels.Divide257(image),
        _ => image.Cast(Enums.BandFormat.Uchar),
    };

    /// <summary>Pixels of an index and alpha become colours and alpha, within the same array.</summary>
    private void ToRgba(Span<byte> bytes, int count)
    {
        ReadOnlySpan<byte> colours = palette ?? (colour == TiffColour.Grey ? IndexedPixels.GreyRamp : Inverted);
        for (int pixel = count - 1; pixel >= 0; pixel--)
        {
            (byte index, byte alpha) = (bytes[pixel * 2], bytes[(pixel * 2) + 1]);
            colours.Slice(index * Raster.PixelBytes, Raster.PixelBytes).CopyTo(bytes[(pixel * 4)..]);
            bytes[(pixel * 4) + Raster.PixelBytes] = alpha;
        }
    }

    private void Divide(Span<byte> bytes, int count)
    {
        for (int pixel = 0; pixel < count; pixel++)
        {
            int alpha = bytes[(pixel * 4) + 3];
            for (int band = 0; band < Raster.PixelBytes; band++)
            {
                int stored = bytes[(pixel * 4) + band];
                byte level = alpha == 0 ? (byte)0 : (byte)Math.Min(stored * 255 / alpha, 255);
                bytes[(pixel * Raster.PixelBytes) + band] = IsOnWhite ? WhiteGround.Level(level, (byte)alpha) : level;
            }
        }
    }
}
