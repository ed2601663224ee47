using System.Globalization;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Protocols;

/// <summary>
/// Writes an error with its status and <c>Retry-After</c>, in the shape of the request's protocol, and leaves it with the request for
/// <see cref="RequestTimes"/>.
/// </summary>
internal sealed class ErrorWriter(ProtocolSet protocols)
{
    public Task WriteAsync(HttpContext context, ApiError error)
    {
        ErrorRow row = ErrorTable.Row(error.Code);
        context.Features.Set(error);
        context.Response.StatusCode = row.Status;
        if ((error.RetryAfterSeconds ?? row.RetryAfterSeconds) is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return protocols.From(context).WriteErrorAsync(context, error);
    }
}
