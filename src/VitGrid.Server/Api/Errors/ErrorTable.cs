using System.Collections.Frozen;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Requests;
using VitGrid.Indexing;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Api.Errors;

/// <summary>A row of the table.</summary>
/// <param name="Code">The stable name.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="RetryAfterSeconds">Value of <c>Retry-After</c>; null where trying again does not help.</param>
internal sealed record ErrorRow(string Code, int Status, int? RetryAfterSeconds = null);

/// <summary>The one place where an error gets its status, and an exception its error.</summary>
internal static class ErrorTable
{
    public static IReadOnlyList<ErrorRow> Rows { get; } =
    [
        new(ApiCode.InvalidRequest, StatusCodes.Status400BadRequest),
        new(ApiCode.ImageDecodeFailed, StatusCodes.Status400BadRequest),
        new(ApiCode.UnsupportedModality, StatusCodes.Status400BadRequest),
        new(ApiCode.DimensionsNotSupported, StatusCodes.Status400BadRequest),
        new(ApiCode.UrlNotAllowed, StatusCodes.Status400BadRequest),
        new(ApiCode.UrlFetchFailed, StatusCodes.Status400BadRequest),
        new(ApiCode.NotFound, StatusCodes.Status404NotFound),
        new(ApiCode.ModelNotFound, StatusCodes.Status404NotFound),
        new(ApiCode.MethodNotAllowed, StatusCodes.Status405MethodNotAllowed),
        new(ApiCode.Conflict, StatusCodes.Status409Conflict),
        new(ApiCode.PayloadTooLarge, StatusCodes.Status413PayloadTooLarge),
        new(ApiCode.ImageTooLarge, StatusCodes.Status413PayloadTooLarge),
        new(ApiCode.UnsupportedImageFormat, StatusCodes.Status415UnsupportedMediaType),
        new(ApiCode.Overloaded, StatusCodes.Status429TooManyRequests, RetryAfterSeconds: 1),
        new(ApiCode.InternalError, StatusCodes.Status500InternalServerError),
        new(ApiCode.IndexingOff, StatusCodes.Status501NotImplemented),
        new(ApiCode.QueueUnavailable, StatusCodes.Status503ServiceUnavailable, RetryAfterSeconds: 2),
        new(ApiCode.ModelLoading, StatusCodes.Status503ServiceUnavailable, RetryAfterSeconds: 2),
        new(ApiCode.ModelFailed, StatusCodes.Status503ServiceUnavailable, RetryAfterSeconds: 60),
        new(ApiCode.Draining, StatusCodes.Status503ServiceUnavailable, RetryAfterSeconds: 5),
        new(ApiCode.DeadlineExceeded, StatusCodes.Status504GatewayTimeout),
        new(ApiCode.InsufficientStorage, StatusCodes.Status507InsufficientStorage),
    ];

    private static readonly FrozenDictionary<string, ErrorRow> ByCode = Rows.ToFrozenDictionary(row => row.Code);

    public static ErrorRow Row(string code) => ByCode[code];

    /// <summary>
    /// The error an exception means; null when it is a defect of ours (500). <paramref name="param"/> names the image it came from.
    /// </summary>
    public static ApiError? Of(Exception exception, string? param = null) => exception switch
    {
        ApiException refused => refused.Error,
        UrlFetchException url => new(url.Code, url.Message, param),
        ImageException image => new(CodeOf(image.Fault), image.Message, param),
        GridException grid => new(CodeOf(grid.Fault), grid.Message, RetryAfterSeconds: SecondsOf(grid.RetryAfter)),
        IndexException away => new(ApiCode.QueueUnavailable, away.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } http => new(ApiCode.PayloadTooLarge, http.Message),
        BadHttpRequestException http => new(ApiCode.InvalidRequest, $"the HTTP request is malformed: {http.Message}"),
        _ => null,
    };

    /// <summary>Whether the error is about one image, so that the others of the request may still be answered.</summary>
    public static bool ConcernsOneImage(Exception exception) => exception is ImageException or UrlFetchException
        or GridException { Fault: GridFault.Overloaded or GridFault.DeadlineExceeded };

    /// <summary>Whether the error is about the moment and not about what was sent.</summary>
    public static bool IsWorthRetrying(ApiError error) => Row(error.Code).RetryAfterSeconds is not null;

    /// <summary>Not sooner than a second, and not later than a minute: by then the forecast is old.</summary>
    private static int? SecondsOf(TimeSpan? wait) => wait is { } known ? (int)Math.Clamp(Math.Ceiling(known.TotalSeconds), 1, 60) : null;

    private static string CodeOf(ImageFault fault) => fault switch
    {
        ImageFault.UnsupportedFormat => ApiCode.UnsupportedImageFormat,
        ImageFault.DecodeFailed => ApiCode.ImageDecodeFailed,
        ImageFault.TooLarge => ApiCode.ImageTooLarge,
        _ => ApiCode.InternalError,
    };

    private static string CodeOf(GridFault fault) => fault switch
    {
        GridFault.InvalidRequest => ApiCode.InvalidRequest,
        GridFault.ModelNotFound => ApiCode.ModelNotFound,
        GridFault.ModelLoading => ApiCode.ModelLoading,
        GridFault.ModelFailed => ApiCode.ModelFailed,
        GridFault.SegmentFailed => ApiCode.InternalError,
        GridFault.Overloaded => ApiCode.Overloaded,
        GridFault.Draining => ApiCode.Draining,
        GridFault.DeadlineExceeded => ApiCode.DeadlineExceeded,
        _ => ApiCode.InternalError,
    };
}
