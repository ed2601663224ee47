using System.Diagnostics;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// From a file to pixels in a pooled buffer, on the threads of the <see cref="DecodePool"/>. The buffer is taken when the image's turn
/// comes and the file let go of as soon as there are pixels, so what waits for a device is pixels alone.
/// </summary>
public sealed class PixelReader(DecodePool pool, DecodeImage decoder)
{
    /// <summary>Decodes; the pixels hold a share of <paramref name="charge"/> until their last holder disposes them.</summary>
    internal async Task<Pixels> ReadAsync(PreparedImage image, Charge charge, CancellationToken cancellationToken)
    {
        EmbeddingRequest request = image.Request;
        using Activity? span = GridTraces.Start("decode", image.Model.Name);
        Charge share = charge.Share();
        Pixels? pixels = null;
        try
        {
            await pool.RunAsync(Decode, request.Lane, image.Deadline, cancellationToken);
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
            pixels = Pixels.Rent(image.Model.InputSize.PixelBytes, share);
            decoder(request.Image, image.Profile, pixels.Memory.Span);
        }
    }
}
