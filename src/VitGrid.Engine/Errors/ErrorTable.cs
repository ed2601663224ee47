using System.Collections.Frozen;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Errors;

/// <summary>A row of <see cref="ErrorTable"/>.</summary>
/// <param name="Code">The stable name.</param>
/// <param name="Status">HTTP status, also of a line of a batch.</param>
/// <param name="RetryAfterSeconds">Value of <c>Retry-After</c>; null where trying again does not help.</param>
public sealed record ErrorRow(string Code, int Status, int? RetryAfterSeconds = null);

/// <summary>The codes of errors and what they mean, for HTTP, lines of batches and dead letters alike. Pure.</summary>
public static class ErrorTable
{
    /// <summary>Every code that HTTP and lines of batches have.</summary>
    public static IReadOnlyList<ErrorRow> Rows { get; } =
    [
        new(ErrorCode.InvalidRequest, 400),
        new(ErrorCode.ImageDecodeFailed, 400),
        new(ErrorCode.UnsupportedModality, 400),
        new(ErrorCode.DimensionsNotSupported, 400),
        new(ErrorCode.UrlNotAllowed, 400),
        new(ErrorCode.UrlFetchFailed, 400),
        new(ErrorCode.NotFound, 404),
        new(ErrorCode.ModelNotFound, 404),
        new(ErrorCode.MethodNotAllowed, 405),
        new(ErrorCode.Conflict, 409),
        new(ErrorCode.PayloadTooLarge, 413),
        new(ErrorCode.ImageTooLarge, 413),
        new(ErrorCode.UnsupportedImageFormat, 415),
        new(ErrorCode.Overloaded, 429, RetryAfterSeconds: 1),
        new(ErrorCode.InternalError, 500),
        new(ErrorCode.IndexingOff, 501),
        new(ErrorCode.QueueUnavailable, 503, RetryAfterSeconds: 2),
        new(ErrorCode.ModelLoading, 503, RetryAfterSeconds: 2),
        new(ErrorCode.ModelFailed, 503, RetryAfterSeconds: 60),
        new(ErrorCode.Draining, 503, RetryAfterSeconds: 5),
        new(ErrorCode.DeadlineExceeded, 504),
        new(ErrorCode.InsufficientStorage, 507),
    ];

    /// <summary>Codes that only dead letters have, each with the one that a line of a batch has in its place.</summary>
    public static IReadOnlyDictionary<string, string> QueueCodes { get; } = new Dictionary<string, string>
    {
        [ErrorCode.InvalidEntry] = ErrorCode.InvalidRequest,
        [ErrorCode.InvalidUri] = ErrorCode.InvalidRequest,
        [ErrorCode.FileNotFound] = ErrorCode.InvalidRequest,
        [ErrorCode.FileUnreadable] = ErrorCode.InvalidRequest,
        [ErrorCode.JobNotFound] = ErrorCode.InternalError,
        [ErrorCode.KilledWorkers] = ErrorCode.InternalError,
        [ErrorCode.NotFinite] = ErrorCode.InternalError,
        [ErrorCode.RowRefused] = ErrorCode.InternalError,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, ErrorRow> ByCode = Rows.ToFrozenDictionary(row => row.Code);

    /// <summary>The row of a code that HTTP has.</summary>
    /// <exception cref="KeyNotFoundException">It has none.</exception>
    public static ErrorRow Row(string code) => ByCode[code];

    /// <summary>The code that a line of a batch has for a dead letter's; a dead letter may be of another version.</summary>
    public static string OfDeadLetter(string code) =>
        ByCode.ContainsKey(code) ? code : QueueCodes.GetValueOrDefault(code, ErrorCode.InternalError);

    /// <summary>The code of an image that was refused.</summary>
    public static string CodeOf(ImageFault fault) => fault switch
    {
        ImageFault.UnsupportedFormat => ErrorCode.UnsupportedImageFormat,
        ImageFault.DecodeFailed => ErrorCode.ImageDecodeFailed,
        ImageFault.TooLarge => ErrorCode.ImageTooLarge,
        _ => ErrorCode.InternalError,
    };

    /// <summary>The code of a request that the grid refused.</summary>
    public static string CodeOf(GridFault fault) => fault switch
    {
        GridFault.InvalidRequest => ErrorCode.InvalidRequest,
        GridFault.ModelNotFound => ErrorCode.ModelNotFound,
        GridFault.ModelLoading => ErrorCode.ModelLoading,
        GridFault.ModelFailed => ErrorCode.ModelFailed,
        GridFault.Overloaded => ErrorCode.Overloaded,
        GridFault.Draining => ErrorCode.Draining,
        GridFault.DeadlineExceeded => ErrorCode.DeadlineExceeded,
        _ => ErrorCode.InternalError,
    };
}
