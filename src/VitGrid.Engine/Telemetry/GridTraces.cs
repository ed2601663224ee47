using System.Diagnostics;

namespace VitGrid.Engine.Telemetry;

/// <summary>
/// Spans of an image's way: <c>image</c> at the front end with <c>decode</c>, <c>queue</c> and <c>infer</c> in it; <c>batch</c> at the
/// replica's head, with a link to each image, and in it a <c>segment</c> for each device and a <c>transfer</c> between two. Between
/// processes the parent travels as a W3C traceparent. While nobody listens nothing is made.
/// </summary>
public static class GridTraces
{
    /// <summary>The name to listen to.</summary>
    public const string SourceName = "VitGrid";

    /// <summary>The attribute that holds a request's id, on a request's span and on its images'.</summary>
    public const string RequestTag = "vitgrid.request.id";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The present span as a traceparent; null while nobody listens.</summary>
    internal static string? Present => Source.HasListeners() ? Activity.Current?.Id : null;

    /// <summary>A span within the present one.</summary>
    internal static Activity? Start(string name, string model) => Source.StartActivity(name)?.SetTag("vitgrid.model", model);

    /// <summary>A span within one of another process or of an earlier moment.</summary>
    internal static Activity? Within(string? parent, string name, string model) =>
        Source.HasListeners() && ActivityContext.TryParse(parent, null, isRemote: true, out ActivityContext context)
            ? Source.StartActivity(name, ActivityKind.Internal, context)?.SetTag("vitgrid.model", model)
            : null;

    /// <summary>A batch: within the first of its images that is recorded, since a sampler goes by the parent; linked to all.</summary>
    internal static Activity? Batch(string model, IReadOnlyList<string?>? images)
    {
        if (images is null || !Source.HasListeners())
            return null;
        ActivityContext[] contexts = [
            .. images.Where(trace => trace is not null).Select(trace => ActivityContext.Parse(trace!, null)).OrderByDescending(
                context => context.TraceFlags)];
        return Source.StartActivity(
            "batch", ActivityKind.Internal, contexts[0], links: contexts.Select(context => new ActivityLink(context)))
            ?.SetTag("vitgrid.model", model).SetTag("vitgrid.batch.size", images.Count);
    }

    /// <summary>Ends <paramref name="queue"/> after the time that was waited, and adds the computation that followed.</summary>
    internal static void Answered(Activity? queue, TimeSpan waited, TimeSpan computed)
    {
        if (queue is null)
            return;
        DateTime left = queue.StartTimeUtc + waited;
        queue.SetEndTime(left);
        ActivityContext parent = queue.Parent?.Context ?? queue.Context;
        using Activity? infer = Source.StartActivity("infer", ActivityKind.Internal, parent, startTime: left);
        infer?.SetEndTime(left + computed);
    }
}
