using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// Counts the images that a front end was asked for, and logs what becomes of each: at Debug all of it, at Warning those that failed, in
/// at most one line a second. Any thread may call.
/// </summary>
public sealed partial class ImageRecorder(
    GridMetrics metrics, [FromKeyedServices(GridClock.Key)] TimeProvider time, ILogger<ImageRecorder> logger)
{
    private readonly ThrottledCount _failures = new(TimeSpan.FromSeconds(1));

    /// <summary>Notes that an image has passed its checks.</summary>
    internal void Asked(PreparedImage image) => LogAsked(image.Request.RequestId, image.Model.Name, image.Layer);

    /// <summary>Notes how long the caches were asked for it.</summary>
    internal void LookedUp(PreparedImage image, TimeSpan took) => metrics.Stage(image.Model.Name, "cache", took);

    /// <summary>Notes that it was answered.</summary>
    internal void Embedded(PreparedImage image, EmbeddingResult result)
    {
        metrics.Embedded(image.Model.Name, result.FromCache);
        if (result.FromCache)
            LogFound(image.Request.RequestId, image.Model.Name);
        else
            LogAnswered(image.Request.RequestId, image.Model.Name, result.Timings.Queue, result.Timings.Infer);
    }

    /// <summary>Notes that it was not answered.</summary>
    internal void NotEmbedded(PreparedImage image, Exception reason)
    {
        string outcome = metrics.NotEmbedded(image.Model.Name, reason);
        LogNotAnswered(image.Request.RequestId, image.Model.Name, outcome, reason.Message);
        if (outcome is "failed" or "expired" && _failures.Add(time.Now()) is { } images)
            LogFailed(images, image.Request.RequestId, image.Model.Name, outcome, reason.Message);
    }

    [LoggerMessage(4031, LogLevel.Debug, "Image of request {RequestId} is asked for: model {Model}, layer {Layer}")]
    private partial void LogAsked(string? requestId, string model, int layer);

    [LoggerMessage(4032, LogLevel.Debug, "Image of request {RequestId} is answered from the cache of model {Model}")]
    private partial void LogFound(string? requestId, string model);

    [LoggerMessage(4033, LogLevel.Debug, "Image of request {RequestId} is answered by model {Model}: waited {Queue}, computed {Infer}")]
    private partial void LogAnswered(string? requestId, string model, TimeSpan queue, TimeSpan infer);

    [LoggerMessage(4034, LogLevel.Debug, "Image of request {RequestId} is not answered by model {Model} ({Outcome}): {Reason}")]
    private partial void LogNotAnswered(string? requestId, string model, string outcome, string reason);

    [LoggerMessage(4035, LogLevel.Warning, "{Images} images were not answered since this was last said; the last one, of request "
        + "{RequestId} for model {Model}, has {Outcome}: {Reason}")]
    private partial void LogFailed(int images, string? requestId, string model, string outcome, string reason);
}
