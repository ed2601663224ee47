using Microsoft.Extensions.Primitives;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Access;

/// <summary>What a request shows of who it is. It is a secret: nothing of it is ever logged or told.</summary>
/// <param name="Text">The key, or the token; null: none was sent.</param>
/// <param name="MayBeToken">Whether it came where tokens come: <c>Authorization: Bearer</c>.</param>
internal readonly record struct Credential(string? Text, bool MayBeToken)
{
    private const string Bearer = "Bearer ";

    /// <summary>Reads <c>Authorization: Bearer</c>, <c>api-key</c>, <c>x-api-key</c>; the first that is there.</summary>
    /// <exception cref="ApiException">A header came twice.</exception>
    public static Credential From(IHeaderDictionary headers)
    {
        string? authorization = Single(headers.Authorization, "Authorization");
        if (authorization?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) == true)
            return new(authorization[Bearer.Length..].Trim(), true);
        return new(Single(headers["api-key"], "api-key") ?? Single(headers["x-api-key"], "x-api-key"), false);
    }

    /// <summary>The same of a request; an endpoint of the page takes the key of the browser's session where no header has one.</summary>
    /// <exception cref="ApiException">A header came twice.</exception>
    public static Credential From(HttpContext context)
    {
        Credential shown = From(context.Request.Headers);
        return shown.Text is null && context.GetEndpoint()?.Metadata.GetMetadata<TakesPageSession>() is not null
            ? new(context.RequestServices.GetRequiredService<PageSessions>().Find(context), true) : shown;
    }

    /// <summary>A record would print what it holds.</summary>
    public override string ToString() => Text is null ? "none" : "hidden";

    private static string? Single(StringValues values, string name) => values.Count switch
    {
        0 => null,
        1 => values[0],
        _ => throw new ApiException(ApiCode.InvalidApiKey, $"the header {name} came {values.Count} times; send it once"),
    };
}
