using System.Globalization;
using VitGrid.Access.Keys;
using VitGrid.Access.Metering;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Access;

/// <summary>Counts what callers use and holds them to their limits. Any thread may call.</summary>
/// <param name="limiter">Judges; null: keys are off and nobody has limits.</param>
/// <param name="meter">Adds up for <c>vitgrid keys usage</c>; null: there is no Redis for it.</param>
internal sealed class RequestLimits(Limiter? limiter, UsageMeter? meter)
{
    /// <summary>Counts a request and the length of its body, as far as it is told.</summary>
    /// <exception cref="ApiException">A limit would be passed.</exception>
    public ValueTask CountRequestAsync(HttpContext context, Caller caller)
    {
        long? length = context.Request.ContentLength;
        if (length is null && (meter is not null || caller.Limits.BytesPerMinute > 0 || caller.Limits.BytesPerDay > 0))
            context.Request.Body = new CountedBody(context.Request.Body);
        return CountAsync(context, caller, new(1, 0, length ?? 0));
    }

    /// <summary>Counts what was read of a body whose length was not told; it is answered already.</summary>
    public async ValueTask CountReadAsync(HttpContext context, Caller caller)
    {
        if (context.Request.Body is not CountedBody { Count: > 0 } body)
            return;
        Usage used = new(0, 0, body.Count);
        meter?.Add(caller.Tenant, used);
        if (limiter is not null)
            await limiter.NoteAsync(caller.Tenant, caller.Limits, used);
    }

    /// <summary>Counts the images of a request, and has them under way until the pass is disposed.</summary>
    /// <exception cref="ApiException">A limit would be passed.</exception>
    public async ValueTask<ImagePass> EnterAsync(HttpContext context, int images)
    {
        Caller caller = context.Caller();
        if (limiter is null)
            return default;
        meter?.Add(caller.Tenant, new(0, images, 0));
        if (caller.Limits == KeyLimits.None)
            return default;
        Judge(context, caller, await limiter.EnterAsync(caller.Tenant, caller.Limits, images), images);
        return new(limiter, caller, images);
    }

    private async ValueTask CountAsync(HttpContext context, Caller caller, Usage used)
    {
        meter?.Add(caller.Tenant, used);
        if (limiter is not null && caller.Limits != KeyLimits.None)
            Judge(context, caller, await limiter.CountAsync(caller.Tenant, caller.Limits, used), used.Bytes);
    }

    private static void Judge(HttpContext context, Caller caller, LimitVerdict verdict, long asked)
    {
        RateHeaders.Tell(context, verdict);
        if (verdict.Refusing is not { } limit)
            return;
        string amount = string.Create(CultureInfo.InvariantCulture, $"{limit.Limit:N0} {limit.What} {limit.Per}");
        int seconds = Math.Max(1, (int)Math.Ceiling(limit.Reset.TotalSeconds));
        string message = limit.What != "requests" && asked > limit.Limit
            ? $"this request has {asked.ToString("N0", CultureInfo.InvariantCulture)} {limit.What}; the limit of '{caller.Name}' is {amount}: "
                + "split it into smaller ones"
            : $"the limit of '{caller.Name}' is {amount}, and it is used up; try again in {seconds} s";
        throw new ApiException(new ApiError(ApiCode.RateLimited, message, RetryAfterSeconds: seconds));
    }

    /// <summary>Images under way; to be disposed once.</summary>
    internal readonly struct ImagePass(Limiter? limiter, Caller caller, int images) : IDisposable
    {
        public void Dispose() => limiter?.Leave(caller.Tenant, caller.Limits, images);
    }
}
