using System.Diagnostics;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// From a file to pixels in a pooled buffer, on the threads of the <see cref="DecodePool"/>. The buffer is taken when the image's turn
/// comes and the file let go of as soon as there are pixels, so what waits for a device is pixels alone.
/// </summary>
public sealed class PixelReader(DecodePool pool, IImageDecoder decoder)
{
    /// <summary>
    /// Decodes; the pixels hold a share of <paramref name="charge"/> until their last holder disposes them. Those of tiles lie one behind
    /// another, as the grid has them.
    /// </summary>
    /// <exception cref="ImageException">The image is refused.</exception>
    /// <exception cref="GridException">No decoder could take it.</exception>
    internal async Task<(Pixels Pixels, TileGrid Grid)> ReadAsync(PreparedImage image, Charge charge, CancellationToken cancellationToken)
    {
        EmbeddingRequest request = image.Request;
        if (request.Form != ImageForm.File)
            return (ReadPlanes(image, charge), default);
        using Activity? span = GridTraces.Start("decode", image.Model.Name);
        Charge share = charge.Share();
        Pixels? pixels = null;
        try
        {
            DecodeCost cost = decoder.Measure(request.Image.Span, image.Profile);
            await pool.RunAsync(() => Read(cost), cost, request.Lane, image.Deadline, cancellationToken, request.Tenant);
            return (pixels!, cost.Grid);
        }
        catch
        {
            ((IDisposable?)pixels ?? share).Dispose();
            throw;
        }
        finally
        {
            request.ImageOwner?.Dispose();
        }

        void Read(DecodeCost cost)
        {
            pixels = Pixels.Rent(checked(cost.Inputs * image.Model.InputSize.PixelBytes), share);
            Decode(
                new(request.Image, image.Profile, cost) { StandsBack = cost.IsLong || share.StandsBack }, pixels.Memory.Span,
                cancellationToken);
        }
    }

    private static Pixels ReadPlanes(PreparedImage image, Charge charge)
    {
        EmbeddingRequest request = image.Request;
        Charge share = charge.Share();
        Pixels? pixels = null;
        try
        {
            pixels = Pixels.Rent(image.Model.InputSize.PlaneBytes, share);
            ImagePlanes.Copy(request.Image.Span, request.Form, pixels.Memory.Span);
            return pixels;
        }
        catch
        {
            ((IDisposable?)pixels ?? share).Dispose();
            throw;
        }
        finally
        {
            request.ImageOwner?.Dispose();
        }
    }

    private void Decode(DecodeOrder order, Span<byte> pixels, CancellationToken cancellationToken)
    {
        try
        {
            decoder.Decode(order, pixels, cancellationToken);
        }
        catch (DecoderException exception)
        {
            throw new GridException(GridFault.Overloaded, exception.Message, exception);
        }
    }
}
