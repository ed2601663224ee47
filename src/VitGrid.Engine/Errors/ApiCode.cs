namespace VitGrid.Engine.Errors;

/// <summary>The stable names of errors that programs test.</summary>
public static class ApiCode
{
    /// <summary>A field or the body is wrong.</summary>
    public const string InvalidRequest = "invalid_request";

    /// <summary>The bytes are no whole image.</summary>
    public const string ImageDecodeFailed = "image_decode_failed";

    /// <summary>Something else than an image was sent.</summary>
    public const string UnsupportedModality = "unsupported_modality";

    /// <summary>The vectors have another length.</summary>
    public const string DimensionsNotSupported = "dimensions_not_supported";

    /// <summary>The operator did not allow the URL.</summary>
    public const string UrlNotAllowed = "url_not_allowed";

    /// <summary>The URL gave no image.</summary>
    public const string UrlFetchFailed = "url_fetch_failed";

    /// <summary>No key was sent, or one that is not known, was revoked or has expired.</summary>
    public const string InvalidApiKey = "invalid_api_key";

    /// <summary>The key has not the scope.</summary>
    public const string ScopeMissing = "scope_missing";

    /// <summary>The key is not for the model.</summary>
    public const string ModelForbidden = "model_forbidden";

    /// <summary>The key is not for the lane.</summary>
    public const string LaneForbidden = "lane_forbidden";

    /// <summary>A page of another site sent the request.</summary>
    public const string OriginNotAllowed = "origin_not_allowed";

    /// <summary>The body did not arrive in time.</summary>
    public const string BodyTimeout = "body_timeout";

    /// <summary>The request names the server as nobody may.</summary>
    public const string HostNotAllowed = "host_not_allowed";

    /// <summary>Nothing is there.</summary>
    public const string NotFound = "not_found";

    /// <summary>No model of that name is served.</summary>
    public const string ModelNotFound = "model_not_found";

    /// <summary>The path is served with other methods.</summary>
    public const string MethodNotAllowed = "method_not_allowed";

    /// <summary>The thing is not in the state for it.</summary>
    public const string Conflict = "conflict";

    /// <summary>The body or file is too large.</summary>
    public const string PayloadTooLarge = "payload_too_large";

    /// <summary>The image has too many bytes or pixels.</summary>
    public const string ImageTooLarge = "image_too_large";

    /// <summary>The format of the image or body is not read.</summary>
    public const string UnsupportedImageFormat = "unsupported_image_format";

    /// <summary>Devices broke on the image, or gave no numbers for it.</summary>
    public const string ImageNotComputable = "image_not_computable";

    /// <summary>The key has used up a limit.</summary>
    public const string RateLimited = "rate_limited";

    /// <summary>There is no room now.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>A defect.</summary>
    public const string InternalError = "internal_error";

    /// <summary>No queue is configured.</summary>
    public const string IndexingOff = "indexing_off";

    /// <summary>The queue does not answer.</summary>
    public const string QueueUnavailable = "queue_unavailable";

    /// <summary>The spool is full.</summary>
    public const string InsufficientStorage = "insufficient_storage";

    /// <summary>Whether the key is valid cannot be found out now.</summary>
    public const string KeysUnavailable = "keys_unavailable";

    /// <summary>The model is not loaded yet.</summary>
    public const string ModelLoading = "model_loading";

    /// <summary>The model could not be loaded.</summary>
    public const string ModelFailed = "model_failed";

    /// <summary>The process is shutting down.</summary>
    public const string Draining = "draining";

    /// <summary>The time of the request is over.</summary>
    public const string DeadlineExceeded = "deadline_exceeded";

    /// <summary>The entry of the stream lacks a field; dead letters only.</summary>
    public const string InvalidEntry = "invalid_entry";

    /// <summary>The URI of an item is malformed; dead letters only.</summary>
    public const string InvalidUri = "invalid_uri";

    /// <summary>The file is not there; dead letters and <c>vitgrid embed</c> only.</summary>
    public const string FileNotFound = "file_not_found";

    /// <summary>The file cannot be read; dead letters and <c>vitgrid embed</c> only.</summary>
    public const string FileUnreadable = "file_unreadable";

    /// <summary>The archive is not the one that was submitted; dead letters only.</summary>
    public const string ArchiveChanged = "archive_changed";

    /// <summary>The item has no job; dead letters only.</summary>
    public const string JobNotFound = "job_not_found";

    /// <summary>Workers were lost while they had the item; dead letters only.</summary>
    public const string KilledWorkers = "killed_workers";

    /// <summary>The vector has NaN or infinite values; dead letters only.</summary>
    public const string NotFinite = "not_finite";

    /// <summary>The sink refused the row; dead letters only.</summary>
    public const string RowRefused = "row_refused";
}
