using VitGrid.Engine.Models;
using VitGrid.Engine.Options;

namespace VitGrid.Engine.Requests;

/// <summary>The wording of refusals that more than one place gives.</summary>
internal static class Refusals
{
    public static GridException QueueFull(string model, Lane lane, Held all, Held own, QueueOptions limits, TimeSpan? wait) => new(
        GridFault.Overloaded,
        $"the queue is full: {all.Images} images wait for model '{model}' (limit {limits.MaxImages}), {own.Images} of them in the "
        + $"{lane.ToString().ToLowerInvariant()} lane (limit {limits.LaneImages}), and {all.Bytes} bytes are held (limit "
        + $"{limits.MaxBytes}, three "
        + "quarters of it for a lane); retry later, add devices or raise Queue:MaxImages and Queue:MaxBytes")
    { RetryAfter = wait };

    public static GridException ShareFull(string model, Lane lane, Held all, int own, TimeSpan? wait) => new(
        GridFault.Overloaded,
        $"{all.Images} images of several callers wait in the {lane.ToString().ToLowerInvariant()} lane of model '{model}', "
            + $"{own} of them yours, which is more than an equal part: others are accepted first; retry later or send less "
            + "at once")
    { RetryAfter = wait };

    public static GridException TooLate(string model, TimeSpan wait, TimeSpan remaining, TimeSpan retryAfter) => new(
        GridFault.Overloaded,
        $"model '{model}' would answer in about {wait.TotalMilliseconds:0} ms, too late for the {remaining.TotalMilliseconds:0} ms that "
            + $"the request has; "
        + "retry later, raise the request's timeout or add devices")
    { RetryAfter = retryAfter };

    public static GridException Draining() => new(GridFault.Draining, RefusalText.Draining);

    public static GridException Expired(TimeSpan timeout, Exception? inner = null) => new(
        GridFault.DeadlineExceeded,
        $"the image was not embedded within {timeout.TotalMilliseconds:0} ms; raise the request's timeout, lower the load or add devices",
        inner);

    public static GridException NotReady(ModelInfo model) => model.State switch
    {
        ModelState.Failed => new(
            GridFault.ModelFailed, $"model '{model.Name}' could not be loaded: {model.Failure}; fix {model.Directory} and restart"),
        ModelState.Absent => new(
            GridFault.ModelLoading,
            $"model '{model.Name}' is not served now: {model.Failure}; start a worker with it, or retry when one is back"),
        _ when model.Failure is { } lack => new(
            GridFault.ModelLoading, $"model '{model.Name}' is not served yet: {lack}; retry when that is fixed"),
        _ => new(GridFault.ModelLoading, $"model '{model.Name}' is still being loaded; retry in a few seconds"),
    };

    public static GridException NotFound(string model, IEnumerable<ModelInfo> served) =>
        new(GridFault.ModelNotFound, RefusalText.ModelNotFound(model, served));

    public static GridException TakesNoText(ModelInfo model) => new(
        GridFault.InvalidRequest,
        $"model '{model.ServedName}' takes images, and no text"
            + $"{(model.TextFault is { } fault ? $": its text tower is not served: {fault}" : "")}");

    public static GridException TakesNoImage(ModelInfo model) => new(
        GridFault.InvalidRequest, $"model '{model.ServedName}' takes texts, and no image");

    public static GridException NotOfTexts(ModelInfo model) => new(
        GridFault.InvalidRequest,
        $"of a text model '{model.ServedName}' gives out the vector that is compared with images; layer, pooling, preprocess, features and "
            + "tiling are for images: leave them out");

    public static GridException NoSuchLayer(ModelInfo model, int layer) =>
        new(GridFault.InvalidRequest, RefusalText.NoSuchLayer(model, layer));

    public static GridException BadTimeout(TimeSpan timeout, TimeSpan most) => new(
        GridFault.InvalidRequest,
        $"timeout is {timeout.TotalMilliseconds} ms; allowed is more than 0 and at most {most.TotalMilliseconds} ms");

    public static GridException NoFeatures(string problem, bool isBeyondType) => new(
        isBeyondType ? GridFault.BeyondType : GridFault.SegmentFailed, $"the image's features cannot be given out: {problem}");

    public static GridException ImageBreaksDevices(string model, int devices, Exception failure) => new(
        GridFault.ImageBreaksDevices,
        $"{devices} devices in turn broke on this image, or gave no numbers for it, in model '{model}' (limit {devices}); it is not tried "
            + $"again: send another form of it, or tell whoever runs this server; the last one said: {failure.Message}",
        failure);

    public static GridException SegmentFailed(string model, int segment, int images, Exception failure) => new(
        GridFault.SegmentFailed,
        $"segment {segment} of model '{model}' failed on a batch of {images}: {failure.Message}; other batches go on; see the server's log",
        failure);
}
