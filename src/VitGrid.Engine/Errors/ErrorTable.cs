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
        new(ApiCode.InvalidRequest, 400),
        new(ApiCode.ImageDecodeFailed, 400),
        new(ApiCode.UnsupportedModality, 400),
        new(ApiCode.DimensionsNotSupported, 400),
        new(ApiCode.UrlNotAllowed, 400),
        new(ApiCode.UrlFetchFailed, 400),
        new(ApiCode.InvalidApiKey, 401),
        new(ApiCode.ScopeMissing, 403),
        new(ApiCode.ModelForbidden, 403),
        new(ApiCode.LaneForbidden, 403),
        new(ApiCode.OriginNotAllowed, 403),
        new(ApiCode.NotFound, 404),
        new(ApiCode.ModelNotFound, 404),
        new(ApiCode.MethodNotAllowed, 405),
        new(ApiCode.BodyTimeout, 408),
        new(ApiCode.Conflict, 409),
        new(ApiCode.PayloadTooLarge, 413),
        new(ApiCode.ImageTooLarge, 413),
        new(ApiCode.UnsupportedImageFormat, 415),
        new(ApiCode.HostNotAllowed, 421),
        new(ApiCode.ImageNotComputable, 422),
        new(ApiCode.RateLimited, 429, RetryAfterSeconds: 60),
        new(ApiCode.Overloaded, 429, RetryAfterSeconds: 1),
        new(ApiCode.InternalError, 500),
        new(ApiCode.IndexingOff, 501),
        new(ApiCode.QueueUnavailable, 503, RetryAfterSeconds: 2),
        new(ApiCode.KeysUnavailable, 503, RetryAfterSeconds: 2),
        new(ApiCode.ModelLoading, 503, RetryAfterSeconds: 2),
        new(ApiCode.ModelFailed, 503, RetryAfterSeconds: 60),
        new(ApiCode.Draining, 503, RetryAfterSeconds: 5),
        new(ApiCode.DeadlineExceeded, 504),
        new(ApiCode.InsufficientStorage, 507),
    ];

    /// <summary>Codes that only dead letters have, each with the one that a line of a batch has in its place.</summary>
    public static IReadOnlyDictionary<string, string> QueueCodes { get; } = new Dictionary<string, string>
    {
        [ApiCode.InvalidEntry] = ApiCode.InvalidRequest,
        [ApiCode.InvalidUri] = ApiCode.InvalidRequest,
        [ApiCode.FileNotFound] = ApiCode.InvalidRequest,
        [ApiCode.FileUnreadable] = ApiCode.InvalidRequest,
        [ApiCode.ArchiveChanged] = ApiCode.InvalidRequest,
        [ApiCode.JobNotFound] = ApiCode.InternalError,
        [ApiCode.KilledWorkers] = ApiCode.InternalError,
        [ApiCode.NotFinite] = ApiCode.InternalError,
        [ApiCode.RowRefused] = ApiCode.InternalError,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, ErrorRow> ByCode = Rows.ToFrozenDictionary(row => row.Code);

    /// <summary>The row of a code that HTTP has.</summary>
    /// <exception cref="KeyNotFoundException">It has none.</exception>
    public static ErrorRow Row(string code) => ByCode[code];

    /// <summary>The code that a line of a batch has for a dead letter's; a dead letter may be of another version.</summary>
    public static string OfDeadLetter(string code) =>
        ByCode.ContainsKey(code) ? code : QueueCodes.GetValueOrDefault(code, ApiCode.InternalError);

    /// <summary>The code of an image that was refused.</summary>
    public static string CodeOf(ImageFault fault) => fault switch
    {
        ImageFault.UnsupportedFormat => ApiCode.UnsupportedImageFormat,
        ImageFault.DecodeFailed => ApiCode.ImageDecodeFailed,
        ImageFault.TooLarge => ApiCode.ImageTooLarge,
        _ => ApiCode.InternalError,
    };

    /// <summary>The code of a request that the grid refused.</summary>
    public static string CodeOf(GridFault fault) => fault switch
    {
        GridFault.InvalidRequest or GridFault.BeyondType => ApiCode.InvalidRequest,
        GridFault.ModelNotFound => ApiCode.ModelNotFound,
        GridFault.ModelLoading => ApiCode.ModelLoading,
        GridFault.ModelFailed => ApiCode.ModelFailed,
        GridFault.Overloaded => ApiCode.Overloaded,
        GridFault.Draining => ApiCode.Draining,
        GridFault.DeadlineExceeded => ApiCode.DeadlineExceeded,
        GridFault.ImageBreaksDevices => ApiCode.ImageNotComputable,
        _ => ApiCode.InternalError,
    };
}
