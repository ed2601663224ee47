namespace VitGrid.Server.Api.Errors;

/// <summary>An error before it has a status: what, why, and which field or image.</summary>
/// <param name="Code">Its stable name.</param>
/// <param name="Message">What, the value, the limit, the remedy.</param>
/// <param name="Param">The field or image.</param>
/// <param name="RetryAfterSeconds">When to try again, if that is known better than by its code.</param>
internal sealed record ApiError(string Code, string Message, string? Param = null, int? RetryAfterSeconds = null);

/// <summary>A request the front end itself refuses.</summary>
internal sealed class ApiException(ApiError error) : Exception(error.Message)
{
    public ApiException(string code, string message, string? param = null)
        : this(new ApiError(code, message, param))
    {
    }

    public ApiError Error { get; } = error;
}
