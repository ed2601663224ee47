namespace VitGrid.Server.Api.Errors;

/// <summary>The stable names of errors that programs test.</summary>
internal static class ApiCode
{
    public const string InvalidRequest = "invalid_request";
    public const string ImageDecodeFailed = "image_decode_failed";
    public const string UnsupportedModality = "unsupported_modality";
    public const string DimensionsNotSupported = "dimensions_not_supported";
    public const string UrlNotAllowed = "url_not_allowed";
    public const string UrlFetchFailed = "url_fetch_failed";
    public const string NotFound = "not_found";
    public const string ModelNotFound = "model_not_found";
    public const string MethodNotAllowed = "method_not_allowed";
    public const string Conflict = "conflict";
    public const string PayloadTooLarge = "payload_too_large";
    public const string ImageTooLarge = "image_too_large";
    public const string UnsupportedImageFormat = "unsupported_image_format";
    public const string Overloaded = "overloaded";
    public const string InternalError = "internal_error";
    public const string IndexingOff = "indexing_off";
    public const string QueueUnavailable = "queue_unavailable";
    public const string InsufficientStorage = "insufficient_storage";
    public const string ModelLoading = "model_loading";
    public const string ModelFailed = "model_failed";
    public const string Draining = "draining";
    public const string DeadlineExceeded = "deadline_exceeded";
}

/// <summary>An error before it has a status: what, why, and which field or image.</summary>
/// <param name="Code">Its stable name.</param>
/// <param name="Message">What, the value, the limit, the remedy.</param>
/// <param name="Param">The field or image.</param>
/// <param name="RetryAfterSeconds">When to try again, if that is known better than by its code.</param>
internal sealed record ApiError(string Code, string Message, string? Param = null, int? RetryAfterSeconds = null);

/// <summary>A request the door itself refuses.</summary>
internal sealed class ApiException(ApiError error) : Exception(error.Message)
{
    public ApiException(string code, string message, string? param = null)
        : this(new ApiError(code, message, param))
    {
    }

    public ApiError Error { get; } = error;
}
