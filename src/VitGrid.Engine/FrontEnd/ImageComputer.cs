using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Images;

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
        (Pixels whole, TileGrid grid) = request.Text is { } text
            ? (IdsOf(text, image.Model, charge), default) : await reader.ReadAsync(image, charge, cancellationToken);
        using Pixels pixels = whole;
        TimeSpan decoded = time.Now();
        if (request.Text is null)
            metrics.Stage(image.Model.Name, "decode", decoded - began);
        using Activity? queue = GridTraces.Start("queue", image.Model.Name);
        ImageOrder order = new(pixels, image.Layer, request.Lane, image.Bytes, image.Remaining(decoded))
        {
            Trace = GridTraces.Present,
            RequestId = request.RequestId,
            Tenant = TenantLabel.Bounded(request.Tenant),
            Features = image.KeepsVisualTokens ? request.Features! with { Type = FeatureType.Float32 } : request.Features,
            ArePlanes = request.Form != ImageForm.File,
        };
        ImageAnswer[] answers = grid.Inputs > 1
            ? await EmbedTilesAsync(image.Model.Name, order, grid.Inputs, cancellationToken)
            : [await router.EmbedAsync(image.Model.Name, order, cancellationToken)];
        ImageAnswer answer = Joined(answers);
        GridTraces.Answered(queue, answer.Queue, answer.Infer);
        metrics.Stage(image.Model.Name, "queue", answer.Queue);
        metrics.Stage(image.Model.Name, "infer", answer.Infer);
        return new(ImageResult.Kept(image, answers, grid), false, decoded - began, answer.Queue, answer.Infer)
        {
            Features = image.KeepsVisualTokens ? null : answer.Features,
            Grid = grid,
            Origin = answer.Origin,
        };
    }

    /// <summary>A text's ids where an image's pixels would be.</summary>
    private static Pixels IdsOf(TokenIds text, ModelInfo model, Charge charge)
    {
        Pixels ids = Pixels.Rent(model.InputSize.PixelBytes, charge.Share());
        text.CopyTo(ids.Memory.Span, model.Text!);
        return ids;
    }

    /// <summary>Each tile is an image of its own; the blocks of all of them come in their order, or none do.</summary>
    private async Task<ImageAnswer[]> EmbedTilesAsync(string model, ImageOrder order, int tiles, CancellationToken cancellationToken)
    {
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ImageAnswer>[] asked = [.. order.Pixels.Split(tiles).Select(tile => EmbedTileAsync(model, order, tile, failed))];
        try
        {
            return await Task.WhenAll(asked);
        }
        catch
        {
            foreach (Task<ImageAnswer> tile in asked.Where(tile => tile.IsCompletedSuccessfully))
                (await tile).Features?.Dispose();
            throw;
        }
    }

    /// <summary>What is told of all inputs of an image: the longest times, every block, every device.</summary>
    private static ImageAnswer Joined(ImageAnswer[] answers) => answers is [var only] ? only : answers[0] with
    {
        Queue = answers.Max(answer => answer.Queue),
        Infer = answers.Max(answer => answer.Infer),
        Features = answers[0].Features is null ? null : new([.. answers.SelectMany(answer => answer.Features?.Blocks ?? [])]),
        Origin = VectorOrigin.OfSeveral([.. answers.Select(answer => answer.Origin)]),
    };

    private async Task<ImageAnswer> EmbedTileAsync(string model, ImageOrder order, Pixels tile, CancellationTokenSource failed)
    {
        using (tile)
        {
            try
            {
                return await router.EmbedAsync(model, order with { Pixels = tile, Bytes = tile.Memory.Length }, failed.Token);
            }
            catch
            {
                await failed.CancelAsync();
                throw;
            }
        }
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
