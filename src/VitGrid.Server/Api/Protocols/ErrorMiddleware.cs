using System.Globalization;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api.Protocols;

/// <summary>Turns whatever ends a request badly into an error of the table, and tells a client that left from a fault.</summary>
internal sealed partial class ErrorMiddleware(
    RequestDelegate next, ErrorWriter writer, RequestFailures failures, ILogger<ErrorMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested)
        {
            LogClientLeft(context.Request.Path, exception.GetType().Name);
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return;
        }
        catch (Exception exception)
        {
            await AnswerAsync(context, failures.ErrorOf(context, exception));
            return;
        }
        if (UnservedOf(context) is { } unserved)
            await writer.WriteAsync(context, unserved);
    }

    private async Task AnswerAsync(HttpContext context, ApiError error)
    {
        if (context.Response.HasStarted)
        {
            // A cut connection is the only way left to tell the client that the answer is not whole.
            context.Abort();
            return;
        }
        context.Response.Clear();
        await writer.WriteAsync(context, error);
    }

    private static ApiError? UnservedOf(HttpContext context)
    {
        if (context.Response.HasStarted)
            return null;
        string path = Quote.Short(context.Request.Path.Value);
        return context.Response.StatusCode switch
        {
            StatusCodes.Status400BadRequest => new(
                ApiCode.InvalidRequest, $"the request to '{path}' is malformed; GET /openapi/v1.json shows its form"),
            StatusCodes.Status404NotFound => new(ApiCode.NotFound, $"nothing is served at '{path}'; GET / lists the paths"),
            StatusCodes.Status405MethodNotAllowed => new(ApiCode.MethodNotAllowed,
                $"{Quote.Short(context.Request.Method)} is not served at '{path}'; use {context.Response.Headers.Allow}"),
            _ => null,
        };
    }

    [LoggerMessage(7011, LogLevel.Debug, "client left {Path} before its answer ({Reason})")]
    private partial void LogClientLeft(string path, string reason);
}

/// <summary>Tells which error of the table an exception is. Any thread may call.</summary>
internal sealed partial class RequestFailures(DrainGate gate, ILogger<RequestFailures> log)
{
    /// <summary>The error; what is a defect of ours is logged, and its text stays here.</summary>
    public ApiError ErrorOf(HttpContext context, Exception exception)
    {
        if (ErrorMapping.From(exception) is { } known)
            return known;
        if (exception is OperationCanceledException && gate.Cut.IsCancellationRequested)
            return DrainGate.Refusal;
        LogUnexpected(exception, context.Request.Method, context.Request.Path, context.TraceIdentifier);
        return new(ApiCode.InternalError,
            $"an unexpected fault ended the request; the server's log has it under request id {context.TraceIdentifier}");
    }

    [LoggerMessage(7051, LogLevel.Error, "{Method} {Path} failed unexpectedly; request id {RequestId}")]
    private partial void LogUnexpected(Exception exception, string method, string path, string requestId);
}

/// <summary>
/// Writes an error with its status and <c>Retry-After</c>, in the shape of the request's protocol, and leaves it with the request for
/// <see cref="RequestTimes"/>.
/// </summary>
internal sealed class ErrorWriter(ProtocolSet protocols)
{
    /// <summary>What a message may have, and the name of a field, should whoever made them have quoted a client at length.</summary>
    private const int MaxMessage = 4_096, MaxParam = 256;

    /// <summary>Answers a request with an error.</summary>
    public async Task WriteAsync(HttpContext context, ApiError whole)
    {
        ApiError error = Prepare(context, whole);
        context.Response.StatusCode = ErrorTable.Row(error.Code).Status;
        if (context.GetEndpoint()?.Metadata.GetMetadata<ErrorPage>() is { } page && await page.ShowAsync(context, error))
            return;
        await protocols.From(context).WriteErrorAsync(context, error);
    }

    /// <summary>
    /// Leaves an error with its request and writes the headers that go with it, for whoever ends the request otherwise than with a body.
    /// </summary>
    /// <returns>The error within its bounds.</returns>
    public static ApiError Prepare(HttpContext context, ApiError whole)
    {
        ApiError error = whole with
        {
            Message = Cut(whole.Message, MaxMessage),
            Param = whole.Param is { } name ? Cut(name, MaxParam) : null,
        };
        ErrorRow row = ErrorTable.Row(error.Code);
        context.Features.Set(error);
        if (row.Status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Bearer";
        if ((error.RetryAfterSeconds ?? row.RetryAfterSeconds) is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return error;
    }

    private static string Cut(string text, int max) => text.Length <= max ? text : $"{text.AsSpan(0, max)}…";
}
