using VitGrid.Engine.Errors;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Requests;
using VitGrid.Indexing;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Api.Errors;

/// <summary>The one place where an exception gets its error; status and wait are in <see cref="ErrorTable"/>.</summary>
internal static class ErrorMapping
{
    /// <summary>
    /// The error an exception means; null when it is a defect of ours (500). <paramref name="param"/> names the image it came from.
    /// </summary>
    public static ApiError? From(Exception exception, string? param = null) => exception switch
    {
        ApiException refused => refused.Error,
        UrlFetchException url => new(url.Code, url.Message, param),
        ImageException image => new(ErrorTable.CodeOf(image.Fault), image.Message, param),
        GridException grid => new(
            ErrorTable.CodeOf(grid.Fault), grid.Message, grid.Fault == GridFault.BeyondType ? param : grid.Field,
            SecondsOf(grid.RetryAfter)),
        IndexException unavailable => new(ApiCode.QueueUnavailable, unavailable.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } http => new(ApiCode.PayloadTooLarge, http.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } http => new(
            ApiCode.BodyTimeout, $"the body comes too slowly: {http.Message}"),
        BadHttpRequestException http => new(ApiCode.InvalidRequest, $"the HTTP request is malformed: {http.Message}"),
        _ => null,
    };

    /// <summary>Whether the error is about one image, so that the others of the request may still be answered.</summary>
    public static bool ConcernsOneImage(Exception exception) => exception is ImageException or UrlFetchException
        or GridException { Fault: GridFault.Overloaded or GridFault.DeadlineExceeded or GridFault.BeyondType };

    /// <summary>Whether the error is about the moment and not about what was sent.</summary>
    public static bool IsWorthRetrying(ApiError error) => ErrorTable.Row(error.Code).RetryAfterSeconds is not null;

    /// <summary>Not sooner than a second, and not later than a minute: by then the forecast is old.</summary>
    private static int? SecondsOf(TimeSpan? wait) => wait is { } known ? (int)Math.Clamp(Math.Ceiling(known.TotalSeconds), 1, 60) : null;
}
