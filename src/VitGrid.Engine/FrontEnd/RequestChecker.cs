using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FrontEnd;

/// <summary>Checks a request's fields against the model it names. Thread-safe.</summary>
public sealed class RequestChecker(ModelCatalog catalog, GridOptions options)
{
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);

    /// <summary>Checks a request that came at <paramref name="now"/>.</summary>
    /// <exception cref="GridException">The model is not there or not ready, or a field is not one it serves.</exception>
    internal PreparedImage Check(EmbeddingRequest request, TimeSpan now)
    {
        ModelInfo model = catalog.Find(request.Model) ?? throw Refusals.NotFound(request.Model, catalog.Models);
        if (model.State != ModelState.Ready)
            throw Refusals.NotReady(model);
        int layers = model.Architecture.Depth + 1;
        if (request.Layer < -layers || request.Layer >= layers)
            throw Refusals.NoSuchLayer(model, request.Layer);
        TimeSpan timeout = request.Timeout ?? TimeSpan.FromMilliseconds(options.Queue.DefaultTimeoutMilliseconds);
        if (timeout <= TimeSpan.Zero || timeout > MaxTimeout)
            throw Refusals.BadTimeout(timeout, MaxTimeout);
        int layer = request.Layer < 0 ? request.Layer + layers : request.Layer;
        return new(request, model, ProfileOf(request, model), layer, timeout, now + timeout);
    }

    private PreprocessProfile ProfileOf(EmbeddingRequest request, ModelInfo model)
    {
        try
        {
            return options.Profile(model, request.Preprocess, request.Exif);
        }
        catch (ArgumentException exception)
        {
            throw new GridException(
                GridFault.InvalidRequest, $"preprocess '{request.Preprocess}' for model '{model.Name}': {exception.Message}", exception);
        }
    }
}
