using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
using VitGrid.Model.Encoders;

namespace VitGrid.Engine.FrontEnd;

/// <summary>An image's way when no cache has it: decode pool, router, batcher, pooling.</summary>
public sealed class ImageComputer(
    PixelReader reader, Backlog backlog, IImageRouter router, GridMetrics metrics, [FromKeyedServices(GridClock.Key)] TimeProvider time)
{
    /// <summary>
    /// Computes; cancellation means that nobody waits any more. <paramref name="charge"/> is shared for as long as pixels are held.
    /// </summary>
    /// <exception cref="GridException">Refused: at once when its answer would come too late.</exception>
    internal async Task<Computed> ComputeAsync(PreparedImage image, Charge charge, CancellationToken cancellationToken)
    {
        Backlog.Place place = Enter(image);
        bool answered = false;
        try
        {
            Computed computed = await RunAsync(image, charge, cancellationToken);
            answered = true;
            return computed;
        }
        finally
        {
            place.Leave(answered);
        }
    }

    private Backlog.Place Enter(PreparedImage image)
    {
        try
        {
            return backlog.Enter(image);
        }
        catch (GridException)
        {
            image.Request.ImageOwner?.Dispose();
            throw;
        }
    }

    private async Task<Computed> RunAsync(PreparedImage image, Charge charge, CancellationToken cancellationToken)
    {
        EmbeddingRequest request = image.Request;
        TimeSpan began = time.Now();
        using Pixels pixels = await reader.ReadAsync(image, charge, cancellationToken);
        TimeSpan decoded = time.Now();
        metrics.Stage(image.Model.Name, "decode", decoded - began);
        using Activity? queue = GridTraces.Start("queue", image.Model.Name);
        ImageOrder order = new(pixels, image.Layer, request.Lane, image.Bytes, image.Remaining(decoded))
        {
            Trace = GridTraces.Present,
            RequestId = request.RequestId,
            Tenant = TenantLabel.Bounded(request.Tenant),
        };
        ImageAnswer answer = await router.EmbedAsync(image.Model.Name, order, cancellationToken);
        GridTraces.Answered(queue, answer.Queue, answer.Infer);
        metrics.Stage(image.Model.Name, "queue", answer.Queue);
        metrics.Stage(image.Model.Name, "infer", answer.Infer);
        return new(Pool(answer.ClsThenMean, image), false, decoded - began, answer.Queue, answer.Infer);
    }

    /// <summary>
    /// The pooled vector holds the class token, the mean of the patch tokens and the head, as far as the model has them. A part is copied,
    /// so
    /// that the cache holds no more than it counts.
    /// </summary>
    private static float[] Pool(float[] pooled, PreparedImage image)
    {
        EncoderArchitecture shape = image.Model.Architecture;
        return pooled[shape.Poolings.Part(image.Pooling, shape.Width)];
    }
}

/// <summary>Brings a decoded image to a replica, in this process or in another one, and its vectors back.</summary>
public interface IImageRouter
{
    /// <summary>Embeds one image.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="order">The image, held by the caller until this completes, and what is asked of it.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <exception cref="GridException">Refused, or a segment failed on it.</exception>
    Task<ImageAnswer> EmbedAsync(string model, ImageOrder order, CancellationToken cancellationToken);
}

/// <summary>
/// Scales vectors to length one; HTTP, <c>embed</c> and the indexing queue give equal vectors because all of them do it here.
/// </summary>
public static class UnitLength
{
    /// <summary>
    /// The vector divided by its L2 norm, summed in double from first to last; a vector of zeros stays one.
    /// </summary>
    /// <exception cref="ArithmeticException">A value is NaN or infinite.</exception>
    public static float[] Normalize(ReadOnlySpan<float> vector)
    {
        double sum = 0;
        foreach (float value in vector)
            sum += (double)value * value;
        if (!double.IsFinite(sum))
            throw NotFinite(vector);
        double norm = Math.Sqrt(sum);
        float[] unit = vector.ToArray();
        if (norm > 0)
        {
            for (int i = 0; i < unit.Length; i++)
                unit[i] = (float)(unit[i] / norm);
        }
        return unit;
    }

    /// <summary>The refusal of a vector with a value that is no number.</summary>
    public static ArithmeticException NotFinite(ReadOnlySpan<float> vector)
    {
        int at = 0;
        while (at < vector.Length && float.IsFinite(vector[at]))
            at++;
        return new($"the model's vector holds {vector[at]} at position {at} of {vector.Length}; JSON has no such number, and the weights "
            + $"or the precision are at fault");
    }
}
