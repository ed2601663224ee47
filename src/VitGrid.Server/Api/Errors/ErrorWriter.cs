using System.Globalization;
using VitGrid.Client;

namespace VitGrid.Server.Api.Errors;

/// <summary>
/// Writes an error as the contract's JSON, with its status and <c>Retry-After</c>, and leaves it with the request for
/// <see cref="RequestTimes"/>.
/// </summary>
internal static class ErrorWriter
{
    public static Task WriteAsync(HttpContext context, ApiError error)
    {
        ErrorRow row = ErrorTable.Row(error.Code);
        context.Features.Set(error);
        context.Response.StatusCode = row.Status;
        if ((error.RetryAfterSeconds ?? row.RetryAfterSeconds) is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return context.Response.WriteAsJsonAsync(
            new ErrorResponse(Body(error)), AnswerJson.Client.ErrorResponse, cancellationToken: context.RequestAborted);
    }

    public static ErrorBody Body(ApiError error) => new(error.Message, ErrorTable.Row(error.Code).Type, error.Param, error.Code);
}
