using VitGrid.Grains.Options;

namespace VitGrid.Grains;

/// <summary>The wording of refusals that more than one place gives.</summary>
internal static class Refusals
{
    public static GridException QueueFull(string model, int pictures, long bytes, QueueOptions limits) => new(
        GridFault.Overloaded,
        string.Create(CultureInfo.InvariantCulture, $"the queue is full: {pictures} pictures wait for model '{model}' (limit {limits.MaxImages}) and {bytes} bytes are held (limit {limits.MaxBytes}); retry later, add devices or raise Queue:MaxImages and Queue:MaxBytes"));

    public static GridException Expired(TimeSpan timeout, Exception? inner = null) => new(
        GridFault.DeadlineExceeded,
        string.Create(CultureInfo.InvariantCulture, $"the picture was not embedded within {timeout.TotalMilliseconds:0} ms; raise the request's timeout, lower the load or add devices"),
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
        return new(GridFault.InvalidRequest, string.Create(CultureInfo.InvariantCulture, $"layer {layer} does not exist in model '{model.Name}'; allowed is 0 to {depth}, or {-depth - 1} to -1 counted from the end"));
    }
}
