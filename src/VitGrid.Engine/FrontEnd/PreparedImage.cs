using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FrontEnd;

/// <summary>Checks a request that came at <paramref name="now"/>: <see cref="PreparedImage.Of"/>.</summary>
internal delegate PreparedImage PrepareImage(EmbeddingRequest request, TimeSpan now);

/// <summary>A request whose fields were checked against the model it names.</summary>
/// <param name="Request">As it came.</param>
/// <param name="Model">Ready.</param>
/// <param name="Profile">The request's, else the model's.</param>
/// <param name="Layer">0…L.</param>
/// <param name="Timeout">The request's, else the default.</param>
/// <param name="Deadline">On the <see cref="GridClock"/>.</param>
internal sealed record PreparedImage(
    EmbeddingRequest Request, ModelInfo Model, PreprocessProfile Profile, int Layer, TimeSpan Timeout, TimeSpan Deadline)
{
    private static readonly TimeSpan MostTimeout = TimeSpan.FromHours(1);

    /// <summary>What it holds while it is in the grid: the file and its pixels.</summary>
    public long Bytes => (long)Request.Image.Length + Model.InputSize.PixelBytes;

    /// <summary>See <see cref="EmbeddingResult.IgnoredOrientation"/>; to be asked while the request's memory is held.</summary>
    public int IgnoredOrientation() =>
        Request.Exif is null && Profile.Exif == ExifOrientation.Ignore ? ExifTag.OrientationOf(Request.Image.Span) : 1;

    /// <summary>Time left, never negative.</summary>
    public TimeSpan Remaining(TimeSpan now) => now < Deadline ? Deadline - now : TimeSpan.Zero;

    /// <exception cref="GridException">The model is not there or not ready, or a field is not one it serves.</exception>
    public static PreparedImage Of(EmbeddingRequest request, ModelCatalog catalog, GridOptions options, TimeSpan now)
    {
        ModelInfo model = catalog.Find(request.Model) ?? throw Refusals.NotFound(request.Model, catalog.Models);
        if (model.State != ModelState.Ready)
            throw Refusals.NotReady(model);
        int layers = model.Architecture.Depth + 1;
        if (request.Layer < -layers || request.Layer >= layers)
            throw Refusals.NoSuchLayer(model, request.Layer);
        TimeSpan timeout = request.Timeout ?? TimeSpan.FromMilliseconds(options.Queue.DefaultTimeoutMilliseconds);
        if (timeout <= TimeSpan.Zero || timeout > MostTimeout)
            throw Refusals.BadTimeout(timeout, MostTimeout);
        int layer = request.Layer < 0 ? request.Layer + layers : request.Layer;
        return new(request, model, ProfileOf(request, model, options), layer, timeout, now + timeout);
    }

    private static PreprocessProfile ProfileOf(EmbeddingRequest request, ModelInfo model, GridOptions options)
    {
        try
        {
            return options.Profile(model, request.Preprocess, request.Exif);
        }
        catch (ArgumentException unknown)
        {
            throw new GridException(
                GridFault.InvalidRequest, $"preprocess '{request.Preprocess}' for model '{model.Name}': {unknown.Message}", unknown);
        }
    }
}
