using System.Diagnostics;
using VitGrid.Grains.Batching;
using VitGrid.Grains.Caching;
using VitGrid.Grains.Contracts;
using VitGrid.Grains.Decoding;
using VitGrid.Grains.Pipeline;
using VitGrid.Grains.Telemetry;

namespace VitGrid.Grains;

/// <summary>A picture's way when no cache has it: decode pool, pixel store, router, batcher grain, pooling.</summary>
internal sealed class PictureComputer(PixelReader reader, Backlog backlog, PictureRouter router, GridMetrics metrics, TimeProvider time)
{
    /// <summary>Computes; cancellation means that nobody waits any more. <paramref name="charge"/> is shared for as long as pixels are held.</summary>
    /// <exception cref="GridException">Refused: at once when its answer would come too late.</exception>
    public async Task<Computed> ComputeAsync(PreparedPicture picture, Charge charge, CancellationToken cancellation)
    {
        Backlog.Place place = Enter(picture);
        bool answered = false;
        try
        {
            Computed computed = await RunAsync(picture, charge, cancellation);
            answered = true;
            return computed;
        }
        finally
        {
            place.Leave(answered);
        }
    }

    private Backlog.Place Enter(PreparedPicture picture)
    {
        try
        {
            return backlog.Enter(picture);
        }
        catch (GridException)
        {
            picture.Request.ImageOwner?.Dispose();
            throw;
        }
    }

    private async Task<Computed> RunAsync(PreparedPicture picture, Charge charge, CancellationToken cancellation)
    {
        EmbeddingRequest request = picture.Request;
        TimeSpan began = time.Now();
        using Pixels pixels = await reader.ReadAsync(picture, charge, cancellation);
        TimeSpan decoded = time.Now();
        metrics.Stage(picture.Model.Name, "decode", decoded - began);
        using Activity? queue = GridTraces.Start("queue", picture.Model.Name);
        PictureOrder order = new(pixels.Id, picture.Layer, request.Lane, picture.Bytes, picture.Remaining(decoded)) { Trace = GridTraces.Present };
        PictureAnswer answer = await router.EmbedAsync(picture.Model.Name, order, pixels, cancellation);
        GridTraces.Answered(queue, answer.Queue, answer.Infer);
        metrics.Stage(picture.Model.Name, "queue", answer.Queue);
        metrics.Stage(picture.Model.Name, "infer", answer.Infer);
        return new(Pool(answer.ClsThenMean, request.Pooling), false, decoded - began, answer.Queue, answer.Infer);
    }

    /// <summary>
    /// The 2 D floats hold the class token, then the mean of the patch tokens. A part is copied, so that the cache holds no more than it
    /// counts.
    /// </summary>
    private static float[] Pool(float[] clsThenMean, Pooling pooling) => pooling switch
    {
        Pooling.Cls => clsThenMean[..(clsThenMean.Length / 2)],
        Pooling.Mean => clsThenMean[(clsThenMean.Length / 2)..],
        _ => clsThenMean,
    };
}
