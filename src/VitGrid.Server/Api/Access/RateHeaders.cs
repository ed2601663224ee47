using System.Globalization;
using VitGrid.Access.Metering;

namespace VitGrid.Server.Api.Access;

/// <summary>
/// OpenAI's <c>x-ratelimit-limit-*</c>, <c>-remaining-*</c> and <c>-reset-*</c>, for requests, images and bytes, whatever the answer is.
/// </summary>
internal sealed class RateHeaders
{
    private readonly Dictionary<string, LimitState> _states = [];

    /// <summary>Has the answer tell how limits stand; later states of a kind replace earlier ones.</summary>
    public static void Tell(HttpContext context, LimitVerdict verdict)
    {
        if (verdict.States.Count == 0)
            return;
        if (context.Features.Get<RateHeaders>() is not { } headers)
        {
            headers = new();
            context.Features.Set(headers);
            // When the answer begins, since a refusal clears what was written before.
            context.Response.OnStarting(state => ((RateHeaders)state).WriteAsync(context.Response.Headers), headers);
        }
        foreach (LimitState state in verdict.States)
            headers._states[state.What] = state;
    }

    /// <summary>A time as OpenAI writes it: <c>17s</c>, <c>6m0s</c>, <c>23h5m0s</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        long seconds = (long)Math.Ceiling(time.TotalSeconds);
        (long hours, long minutes) = (seconds / 3_600, seconds / 60 % 60);
        string head = hours > 0 ? $"{hours}h{minutes}m" : minutes > 0 ? $"{minutes}m" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{head}{seconds % 60}s");
    }

    private Task WriteAsync(IHeaderDictionary headers)
    {
        foreach (LimitState state in _states.Values)
        {
            headers[$"x-ratelimit-limit-{state.What}"] = state.Limit.ToString(CultureInfo.InvariantCulture);
            headers[$"x-ratelimit-remaining-{state.What}"] = state.Remaining.ToString(CultureInfo.InvariantCulture);
            headers[$"x-ratelimit-reset-{state.What}"] = Duration(state.Reset);
        }
        return Task.CompletedTask;
    }
}
