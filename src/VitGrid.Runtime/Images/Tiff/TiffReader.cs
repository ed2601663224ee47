using System.Buffers;
using NetVips;

namespace VitGrid.Runtime.Images.Tiff;

/// <summary>
/// Reads the first page of a TIFF. What the samples mean is decided here, as the reference decides it; libvips unpacks them. The page is
/// turned upright, which the reference does for TIFF alone.
/// </summary>
internal static class TiffReader
{
    /// <summary>Decodes <paramref name="file"/>.</summary>
    /// <exception cref="ImageException">Damaged, too large or of a kind that is not read.</exception>
    public static Raster Read(ReadOnlySpan<byte> file, PreprocessProfile profile, ImageLimits limits)
    {
        TiffPage page = TiffPage.Read(file, limits);
        TiffDirectory directory = page.Directory;
        (TiffSamples samples, TiffColour colour) = (page.Samples, page.Colour);
        TiffPixels pixels = new(colour, samples.Bits, colour == TiffColour.Palette ? TiffPalette.Read(directory, samples.Bits) : null)
        {
            IsOnWhite = profile.IsOnWhite && samples.HasAlpha,
        };
        TiffYcc? ycc = colour == TiffColour.Ycc ? TiffYcc.Read(directory) : null;
        ArraySegment<byte> copy = TiffRewriter.Write(file, page);
        try
        {
            Raster raster = Decode(copy, pixels, profile.Grey16, page.Layout.Tiled);
            ycc?.ToRgb(raster.Pixels);
            return Orientation.Upright(raster, TiffOrientation.Read(directory));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy.Array!);
        }
    }

    private static Raster Decode(ArraySegment<byte> copy, TiffPixels pixels, Grey16 grey16, bool tiled)
    {
        VipsLibrary.EnsureStarted();
        try
        {
            using Source source = Source.NewFromMemory(copy);
            // Of tiles libvips passes over errors, too, unless it stops at warnings; the directory gives no cause for one.
            Enums.FailOn failOn = tiled ? Enums.FailOn.Warning : Enums.FailOn.Error;
            using Image image = Image.TiffloadSource(source, access: Enums.Access.Sequential, failOn: failOn);
            return pixels.ToRaster(image, grey16);
        }
        catch (VipsException exception)
        {
            throw ImageRefusal.Damaged(ImageFormat.Tiff, "is damaged or cut off", exception);
        }
    }
}
