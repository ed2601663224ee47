using System.Diagnostics;
using VitGrid.Grains.Batching;
using VitGrid.Grains.Pipeline;
using VitGrid.Grains.Telemetry;

namespace VitGrid.Grains.Decoding;

/// <summary>
/// From a file to pixels in a pooled buffer, on the threads of the <see cref="DecodePool"/>. The buffer is taken when the picture's turn comes and
/// the file let go of as soon as there are pixels, so what waits for a device is pixels alone.
/// </summary>
internal sealed class PixelReader(DecodePool pool, PictureDecoder decoder, PixelStore store)
{
    /// <summary>Decodes; the pixels hold a share of <paramref name="charge"/> until their last holder disposes them.</summary>
    public async Task<Pixels> ReadAsync(PreparedPicture picture, Charge charge, CancellationToken cancellation)
    {
        EmbeddingRequest request = picture.Request;
        using Activity? span = GridTraces.Start("decode", picture.Model.Name);
        Charge share = charge.Share();
        Pixels? pixels = null;
        try
        {
            await pool.RunAsync(Decode, request.Lane, picture.Deadline, cancellation);
            return pixels!;
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

        void Decode()
        {
            pixels = store.Rent(picture.Model.InputSize.PixelBytes, share);
            decoder(request.Image, picture.Profile, pixels.Memory.Span);
        }
    }
}
