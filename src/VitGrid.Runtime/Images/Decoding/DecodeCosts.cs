using VitGrid.Runtime.Images.Bmp;
using VitGrid.Runtime.Images.Gif;
using VitGrid.Runtime.Images.Jpeg;
using VitGrid.Runtime.Images.Png;
using VitGrid.Runtime.Images.Tiff;
using VitGrid.Runtime.Images.WebP;

namespace VitGrid.Runtime.Images.Decoding;

/// <summary>Says what an image takes before anything of it is decoded. Only managed code looks at the file.</summary>
internal static class DecodeCosts
{
    // Tables, readers and the like, whatever the image.
    private const long BaseBytes = 1 << 20;

    // libvips works in strips of 16 rows, and at most four operations follow each other.
    private const int StripRows = 16;
    private const int Operations = 4;

    /// <summary>Reads the header and holds it against the limits.</summary>
    /// <exception cref="ImageException">The image is refused.</exception>
    public static DecodeCost Measure(ReadOnlySpan<byte> file, ImageFormat format, PreprocessProfile profile, ImageLimits limits)
    {
        DecodeDemand? demand = format switch
        {
            ImageFormat.Jpeg => JpegDemand(file),
            ImageFormat.Png => PngDemand.Read(file, limits),
            ImageFormat.WebP => WebPDemand.Read(file),
            ImageFormat.Gif => GifFrame.Read(file).Demand,
            ImageFormat.Bmp => BmpHeader.Parse(file, limits).Demand,
            _ => TiffDemand.Read(file, limits),
        };
        // Without a header the decoder finds nothing either.
        if (demand is null)
            return new(BaseBytes, 0);
        limits.Check(demand.Width, demand.Height);
        DecodeCost cost = From(demand, file.Length, profile, limits);
        limits.Check(demand, cost);
        return profile.Tiling is { } tiling ? cost with { Grid = Grid(demand, tiling, profile, file) } : cost;
    }

    private static DecodeCost From(DecodeDemand demand, long fileBytes, PreprocessProfile profile, ImageLimits limits)
    {
        long raster = Raster.BytesFor(demand.Pixels * Math.Clamp(demand.Bands, Raster.PixelBytes, 4));
        bool turned = demand.IsTurned || (profile.Exif == ExifOrientation.Apply && demand.Format.HasExif());
        long rows = demand.Width * demand.PixelBytes * (Operations * Math.Min(demand.Height, StripRows));
        long side = Math.Max(profile.Size.Height, profile.Size.Width);
        long between = Raster.BytesFor(Math.Min(Math.Max(demand.Width, demand.Height) * side, limits.MaxPixels) * Raster.PixelBytes);
        long copy = demand.Format is ImageFormat.Png or ImageFormat.Tiff ? Raster.BytesFor(fileBytes) : 0;
        return new(BaseBytes + raster + (turned ? raster : 0) + rows + between + copy + demand.BufferBytes, demand.Work);
    }

    private static TileGrid Grid(DecodeDemand demand, ImageTiling tiling, PreprocessProfile profile, ReadOnlySpan<byte> file)
    {
        bool isTransposed = demand.IsTransposed
            || (profile.Exif == ExifOrientation.Apply && demand.Format.HasExif() && ExifTag.OrientationOf(file) >= 5);
        (int width, int height) = ((int)demand.Width, (int)demand.Height);
        return isTransposed
            ? tiling.GridFor(height, width, profile.Size.Width)
            : tiling.GridFor(width, height, profile.Size.Width);
    }

    private static DecodeDemand? JpegDemand(ReadOnlySpan<byte> file)
    {
        JpegFrame.Read(file)?.CheckSupported();
        return JpegScans.Read(file).Demand;
    }

    private static bool HasExif(this ImageFormat format) => format is ImageFormat.Jpeg or ImageFormat.Png or ImageFormat.WebP;
}
