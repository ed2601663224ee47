using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using VitGrid.Access.Keys;
using VitGrid.Access.Metering;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Access;

/// <summary>Counts what callers use and holds them to their limits. Any thread may call.</summary>
/// <param name="limiter">Judges.</param>
/// <param name="meter">Adds up for <c>vitgrid keys usage</c>; null: there is no Redis for it.</param>
internal sealed class RequestLimits(Limiter limiter, UsageMeter? meter)
{
    /// <summary>Counts a request and the length of its body, as far as it is told.</summary>
    /// <exception cref="ApiException">A limit would be passed.</exception>
    public ValueTask CountRequestAsync(HttpContext context, Caller caller)
    {
        if (context.Request.ContentLength is { } length)
            return CountAsync(context, caller, new(1, 0, length));
        bool hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        if (hasBody)
            context.Request.Body = new CountedBody(context.Request.Body);
        // Of a body without a length the first byte stands for all until it was read: a limit that is used up refuses it too.
        return CountAsync(context, caller, new(1, 0, hasBody ? 1 : 0));
    }

    /// <summary>Counts what was read of a body whose length was not told; it is answered already.</summary>
    public async ValueTask CountReadAsync(HttpContext context, Caller caller)
    {
        if (context.Request.Body is not CountedBody { Count: > 1 } body)
            return;
        Usage used = new(0, 0, body.Count - 1);
        meter?.Add(caller.Tenant, used);
        await limiter.NoteAsync(caller.Tenant, caller.Limits, used);
    }

    /// <summary>
    /// Counts the images of a request that the guard has let in, and has them under way until the pass is disposed; where keys are off it
    /// does nothing.
    /// </summary>
    /// <exception cref="ApiException">A limit would be passed.</exception>
    public static ValueTask<ImagePass> EnterAsync(HttpContext context, int images) =>
        context.Features.Get<RequestLimits>()?.EnterAsync(context, context.Caller(), images) ?? default;

    /// <summary>Counts inputs beyond one an image that a request's images turned out to be cut into; it is answered already.</summary>
    public static ValueTask CountTilesAsync(HttpContext context, int inputs) => inputs == 0
        ? default
        : context.Features.Get<RequestLimits>()?.NoteImagesAsync(context.Caller(), inputs) ?? default;

    private ValueTask NoteImagesAsync(Caller caller, int images)
    {
        Usage used = new(0, images, 0);
        meter?.Add(caller.Tenant, used);
        return limiter.NoteAsync(caller.Tenant, caller.Limits, used);
    }

    private async ValueTask<ImagePass> EnterAsync(HttpContext context, Caller caller, int images)
    {
        if (caller.Limits != KeyLimits.None)
            Judge(context, caller, await limiter.EnterAsync(caller.Tenant, caller.Limits, images), images);
        meter?.Add(caller.Tenant, new(0, images, 0));
        return new(limiter, caller, images);
    }

    private async ValueTask CountAsync(HttpContext context, Caller caller, Usage used)
    {
        if (caller.Limits != KeyLimits.None)
            Judge(context, caller, await limiter.CountAsync(caller.Tenant, caller.Limits, used), used.Bytes);
        meter?.Add(caller.Tenant, used);
    }

    private static void Judge(HttpContext context, Caller caller, LimitVerdict verdict, long asked)
    {
        RateHeaders.Tell(context, verdict);
        if (verdict.Refusing is not { } limit)
            return;
        string amount = string.Create(CultureInfo.InvariantCulture, $"{limit.Limit:N0} {limit.What} {limit.Per}");
        int seconds = Math.Max(1, (int)Math.Ceiling(limit.Reset.TotalSeconds));
        string message = limit.What != "requests" && asked > limit.Limit
            ? string.Create(CultureInfo.InvariantCulture, $"this request has {asked:N0} {limit.What}; the limit of '{caller.Name}' is ")
                + $"{amount}: split it into smaller ones"
            : $"the limit of '{caller.Name}' is {amount}, and it is used up; try again in {seconds} s";
        throw new ApiException(new ApiError(ApiCode.RateLimited, message, RetryAfterSeconds: seconds));
    }

    /// <summary>Images under way; to be disposed once.</summary>
    internal readonly struct ImagePass(Limiter? limiter, Caller caller, int images) : IDisposable
    {
        public void Dispose() => limiter?.Leave(caller.Tenant, caller.Limits, images);
    }
}
