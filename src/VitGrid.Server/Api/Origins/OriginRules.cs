using System.Collections.Frozen;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Origins;

/// <summary>
/// Refuses what the page of another site makes a browser send: forms and simple requests reach a server without asking it first, loopback
/// too. Programs that are no browser send none of these headers. Pure.
/// </summary>
internal sealed class OriginRules(HttpOptions http)
{
    private const string Remedy = "list the page's origin in VitGrid:Http:Origins, or call the server from a page of its own";

    private readonly FrozenSet<string> _allowed = http.Origins.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Why the request is refused; null where it may come in.</summary>
    public ApiError? Refusal(HttpRequest request)
    {
        IHeaderDictionary headers = request.Headers;
        if (headers.Origin is { Count: > 0 } sent)
        {
            string origin = sent.ToString();
            if (_allowed.Contains(origin))
                return null;
            if (!IsOwn(origin, request))
                return Refused($"the origin '{Quote.Short(origin)}' is not allowed at '{Quote.Short(OwnOf(request))}'");
        }
        return headers["Sec-Fetch-Site"] == "cross-site" && !IsNavigation(request)
            ? Refused("the request comes from a page of another site (Sec-Fetch-Site: cross-site)") : null;
    }

    private static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? theirs) && Uri.TryCreate(OwnOf(request), UriKind.Absolute, out Uri? ours)
        && Uri.Compare(theirs, ours, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static string OwnOf(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    /// <summary>Following a link shows the answer to whoever followed it, and to no page.</summary>
    private static bool IsNavigation(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document";

    private static ApiError Refused(string what) => new(ApiCode.OriginNotAllowed, $"{what}; {Remedy}");
}
