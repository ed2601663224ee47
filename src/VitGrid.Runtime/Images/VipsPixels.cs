using NetVips;

namespace VitGrid.Runtime.Images;

/// <summary>Brings libvips' pixels into an array of the pool.</summary>
internal static class VipsPixels
{
    /// <summary>Writes an image of bytes to the front of a raster that has room for <paramref name="pixelBytes"/> a pixel.</summary>
    /// <exception cref="ImageException">The image passes what one array holds.</exception>
    /// <exception cref="VipsException">The image could not be decoded.</exception>
    public static unsafe Raster Write(Image image, int pixelBytes)
    {
        Raster raster = Raster.Rent(image.Width, image.Height, pixelBytes);
        try
        {
            fixed (byte* pointer = raster.Bytes)
            {
                ulong size = (ulong)image.Width * (ulong)image.Height * (ulong)image.Bands;
                using Image memory = Image.NewFromMemory((nint)pointer, size, image.Width, image.Height, image.Bands, image.Format);
                image.Write(memory);
            }
            return raster;
        }
        catch
        {
            raster.Dispose();
            throw;
        }
    }

    /// <summary>Divides 16-bit samples by 257, rounding down.</summary>
    public static Image Divide257(Image image)
    {
        // Half a step more, so that a multiple of 257 does not fall below its quotient in floating point.
        using Image quotient = image.Linear([1 / 257.0], [0.5 / 257]);
        return quotient.Cast(Enums.BandFormat.Uchar);
    }
}
