using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
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

/// <summary>
/// Threads of their own that decode, so that images never hold up the thread pool on which grains and HTTP run. What waits obeys the
/// same lanes as batches do; how much waits is bounded by <see cref="Admission"/>.
/// </summary>
public sealed class DecodePool : IDisposable
{
    private readonly object _gate = new();
    private readonly LaneQueue<Job> _lanes;
    private readonly TimeProvider _time;
    private bool _stopped;

    /// <summary>Starts <see cref="ImageOptions.DecodeThreads"/> threads.</summary>
    public DecodePool(GridOptions options, [FromKeyedServices(GridClock.Key)] TimeProvider time)
    {
        _lanes = new(options.Batching.InteractiveWeight);
        _time = time;
        for (int i = 0; i < options.Images.DecodeThreads; i++)
            new Thread(Loop) { Name = string.Create(CultureInfo.InvariantCulture, $"decode {i}"), IsBackground = true }.Start();
    }

    /// <summary>
    /// Runs <paramref name="work"/> on one of the threads. Work that is cancelled or past its deadline when its turn comes is not
    /// begun; the task ends only then, so what the work uses stays in use until it has.
    /// </summary>
    internal Task RunAsync(Action work, Lane lane, TimeSpan deadline, CancellationToken cancellationToken, string tenant = "")
    {
        Job job = new(work);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _lanes.Add(new(job, lane, 0, _time.Now(), deadline, cancellationToken) { Tenant = tenant });
            Monitor.Pulse(_gate);
        }
        return job.Done.Task;
    }

    /// <summary>Takes no more work; the threads end when what waits is done.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Loop()
    {
        List<Waiting<Job>> dropped = [];
        while (TryNext(dropped, out Job? job))
        {
            dropped.ForEach(Drop);
            dropped.Clear();
            job?.Run();
        }
    }

    /// <summary>Waits for work; <paramref name="job"/> is null when only dead work was met.</summary>
    private bool TryNext(List<Waiting<Job>> dropped, out Job? job)
    {
        lock (_gate)
        {
            while (_lanes.Count == 0 && !_stopped)
                Monitor.Wait(_gate);
            bool any = _lanes.Count > 0;
            job = _lanes.TryTake(_time.Now(), dropped, out Waiting<Job> taken) ? taken.Item : null;
            return any;
        }
    }

    private static void Drop(Waiting<Job> waiting)
    {
        if (waiting.Cancellation.IsCancellationRequested)
            waiting.Item.Done.SetCanceled(waiting.Cancellation);
        else
            waiting.Item.Done.SetException(Refusals.Expired(waiting.Deadline - waiting.Since));
    }

    private sealed record Job(Action Work)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Run()
        {
            try
            {
                Work();
                Done.SetResult();
            }
            catch (Exception exception)
            {
                Done.SetException(exception);
            }
        }
    }
}

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
            await pool.RunAsync(Decode, request.Lane, image.Deadline, cancellationToken, request.Tenant);
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

/// <summary>
/// Decodes an encoded image and writes the profile's pixels, row-major RGB; throws <see cref="ImageException"/> when it is refused.
/// </summary>
public delegate void DecodeImage(ReadOnlyMemory<byte> file, PreprocessProfile profile, Span<byte> pixels);
