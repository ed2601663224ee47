using System.Diagnostics.Metrics;
using System.Globalization;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Telemetry;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api;

/// <summary>What the front end counts and times of its requests. Any thread may call.</summary>
internal sealed class RequestMetrics
{
    private readonly GridMetrics _grid;
    private readonly Histogram<double> _requests;
    private readonly Counter<long> _rejected;

    public RequestMetrics(GridMetrics grid)
    {
        _grid = grid;
        _requests = grid.Meter.CreateHistogram(
            "vitgrid.request.duration", "s", "Time from a request's head to its answer", advice: GridMetrics.Seconds);
        _rejected = grid.Meter.CreateCounter<long>(
            "vitgrid.rejected", "{refusal}", "Refusals by error code: a request, or an image of one that is answered in part");
    }

    /// <summary>A request was answered.</summary>
    /// <param name="endpoint">Its route, not its path.</param>
    /// <param name="model">The model it named; empty when none was found.</param>
    /// <param name="status">Its HTTP status.</param>
    /// <param name="error">What it was refused for; null otherwise.</param>
    /// <param name="took">Since it came.</param>
    public void Answered(string endpoint, string model, int status, ApiError? error, TimeSpan took)
    {
        _requests.Record(took.TotalSeconds,
            new("endpoint", endpoint), new("model", model), new("code", status.ToString(CultureInfo.InvariantCulture)));
        Refused(error);
    }

    /// <summary>An image was fetched from its URL.</summary>
    public void Fetched(string model, TimeSpan took) => _grid.Stage(model, "fetch", took);

    /// <summary>Images were answered, and <paramref name="took"/> was needed to write their vectors.</summary>
    public void Written(string model, TimeSpan took) => _grid.Stage(model, "encode", took);

    /// <summary>A request was refused, or one image of it; null: it was not. A defect of ours is no refusal.</summary>
    public void Refused(ApiError? error)
    {
        if (error is not null && error.Code != ApiCode.InternalError)
            _rejected.Add(1, new KeyValuePair<string, object?>("reason", error.Code));
    }
}
