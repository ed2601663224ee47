using VitGrid.Grains.Options;

namespace VitGrid.Grains;

/// <summary>The wording of refusals that more than one place gives.</summary>
internal static class Refusals
{
    public static GridException QueueFull(string model, int pictures, long bytes, QueueOptions limits) => new(
        GridFault.Overloaded,
        $"the queue is full: {pictures} pictures wait for model '{model}' (limit {limits.MaxImages}) and {bytes} bytes are held "
        + $"(limit {limits.MaxBytes}); retry later, add devices or raise Queue:MaxImages and Queue:MaxBytes");

    public static GridException Draining() => new(
        GridFault.Draining, "this process is shutting down and accepts no picture; send the request to another process");

    public static GridException Expired(TimeSpan timeout, Exception? inner = null) => new(
        GridFault.DeadlineExceeded,
        $"the picture was not embedded within {timeout.TotalMilliseconds:0} ms; raise the request's timeout, lower the load or add devices",
        inner);

    public static GridException NotReady(ModelInfo model) => model.State == ModelState.Failed
        ? new(GridFault.ModelFailed, $"model '{model.Name}' could not be loaded: {model.Failure}; mend {model.Directory} and restart")
        : new(GridFault.ModelLoading, $"model '{model.Name}' is still being loaded; retry in a few seconds");

    public static GridException NotFound(string model, IEnumerable<ModelInfo> served) => new(
        GridFault.ModelNotFound,
        $"model '{model}' is not served; served models: {string.Join(", ", served.Select(info => info.Name))}");

    public static GridException NoSuchLayer(ModelInfo model, int layer)
    {
        int depth = model.Architecture.Depth;
        return new(
            GridFault.InvalidRequest,
            $"layer {layer} does not exist in model '{model.Name}'; allowed is 0 to {depth}, or {-depth - 1} to -1 counted from the end");
    }

    public static GridException BadTimeout(TimeSpan timeout, TimeSpan most) => new(
        GridFault.InvalidRequest,
        $"timeout is {timeout.TotalMilliseconds} ms; allowed is more than 0 and at most {most.TotalMilliseconds} ms");

    public static GridException StaleEpoch(string model, int segment, long epoch, long expected) => new(
        GridFault.ModelLoading,
        $"segment {segment} of model '{model}' is incarnation {epoch:x}, the caller expects {expected:x}: the model was loaded anew; retry the request");

    public static GridException SegmentFailed(string model, int segment, int pictures, Exception failure) => new(
        GridFault.SegmentFailed,
        $"segment {segment} of model '{model}' failed on a batch of {pictures}: {failure.Message}; other batches go on; see the server's log",
        failure);
}
