using VitGrid.Access.Keys;
using VitGrid.Access.Options;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Access;

/// <summary>
/// Lets a request in whose key or token may do what its endpoint asks for, and leaves its <see cref="Caller"/> with it; then counts it
/// against the caller's limits. What states no <see cref="EndpointAccess"/> is an administrator's.
/// </summary>
internal sealed partial class AccessGuard(
    RequestDelegate next, CallerFinder finder, RequestLimits limits, FailureTable failures, AuthOptions options, ILogger<AccessGuard> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        Endpoint? endpoint = context.GetEndpoint();
        EndpointAccess access = EndpointAccess.From(endpoint);
        if (access.IsOpen)
        {
            context.Features.Set(await KnownOrStrangerAsync(context));
            await next(context);
            return;
        }
        Caller caller = await IdentifyAsync(context);
        context.Features.Set(caller);
        DemandScope(context, caller, access.AnyOf);
        context.Features.Set(limits);
        await limits.CountRequestAsync(context, caller);
        try
        {
            // Nothing behind this door answers where nothing is mapped, but for an administrator.
            if (endpoint is null && !caller.Has(Scopes.Admin))
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            else
                await next(context);
        }
        finally
        {
            await limits.CountReadAsync(context, caller);
        }
    }

    /// <summary>A wrong key at an open endpoint is no fault: whoever asks is answered like everybody.</summary>
    private async ValueTask<Caller> KnownOrStrangerAsync(HttpContext context)
    {
        try
        {
            var shown = Credential.From(context.Request.Headers);
            return shown.Text is null ? Caller.Stranger : await finder.FindAsync(shown, context.RequestAborted);
        }
        catch (ApiException)
        {
            return Caller.Stranger;
        }
    }

    private async ValueTask<Caller> IdentifyAsync(HttpContext context)
    {
        try
        {
            return await finder.FindAsync(Credential.From(context), context.RequestAborted);
        }
        catch (ApiException exception) when (exception.Error.Code == ApiCode.InvalidApiKey)
        {
            (int count, int left) = failures.Add(context.Connection.RemoteIpAddress);
            if (count <= options.FailuresPerMinute)
                throw;
            if (count == options.FailuresPerMinute + 1)
                LogFlood(context.Connection.RemoteIpAddress?.ToString() ?? "?", options.FailuresPerMinute);
            throw new ApiException(new ApiError(ApiCode.RateLimited,
                $"this address has sent more than {options.FailuresPerMinute} requests without a valid key in this minute; send a valid "
                    + $"one, or wait {left} s", RetryAfterSeconds: left));
        }
    }

    private static void DemandScope(HttpContext context, Caller caller, Scopes anyOf)
    {
        if (anyOf == Scopes.None || caller.Has(anyOf))
            return;
        throw new ApiException(ApiCode.ScopeMissing,
            $"'{caller.Name}' has the scopes {AccessWords.Format(caller.Scopes)}; {Quote.Short(context.Request.Method)} "
                + $"{Quote.Short(context.Request.Path.Value)} needs {AccessWords.Format(anyOf)}: use a key that has it");
    }

    [LoggerMessage(7101, LogLevel.Warning,
        "{Peer} has sent more than {Limit} requests without a valid key in this minute (VitGrid:Auth:FailuresPerMinute); such are "
            + "answered 429")]
    private partial void LogFlood(string peer, int limit);
}
