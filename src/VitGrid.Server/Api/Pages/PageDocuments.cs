using System.Net.Mime;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Page.Calls;
using VitGrid.Page.Circuits;
using VitGrid.Page.Layout;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Pages;

/// <summary>Shows the page's documents, with what they may load and ask: this server alone.</summary>
internal static class PageDocuments
{
    private const int NonceBytes = 18;

    /// <summary>The scope that a page needs.</summary>
    public static Scopes ScopeOf(PageKind kind) => kind.Scope is { } scope ? AccessWords.ParseScopes(scope) : Scopes.None;

    /// <summary>The pages that this server has: jobs where there is a queue, and folders to read from.</summary>
    public static IReadOnlyList<PageKind> KindsOf(ServerOptions options) =>
        [.. PageKind.All.Where(kind => kind != PageKind.Jobs || options.Indexing is { Redis: not null, Roots.Count: > 0 })];

    /// <summary>Shows the first page that the caller may see.</summary>
    public static Task ShowFirstAsync(HttpContext context, ServerOptions options) => ShowAsync(context, KindsOf(options).First(
        kind => ScopeOf(kind) is var scope && (scope == Scopes.None || context.Caller().Has(scope))));

    /// <summary>Whether whoever asks reads pages: a browser says so, programs do not.</summary>
    public static bool IsReader(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase);

    /// <summary>Shows a page.</summary>
    public static Task ShowAsync(HttpContext context, PageKind kind)
    {
        PageCaller caller = CallerOf(context);
        CircuitCount circuits = context.RequestServices.GetRequiredService<CircuitCount>();
        context.User = caller.ToUser();
        Protect(context.Response.Headers, null);
        bool isFull = circuits.IsFull;
        if (isFull)
            context.Response.Headers.RetryAfter = "10";
        return new RazorComponentResult<Document>(new Dictionary<string, object?>
        {
            [nameof(Document.Kind)] = kind,
            [nameof(Document.Kinds)] = KindsOf(context.RequestServices.GetRequiredService<ServerOptions>()),
            [nameof(Document.Caller)] = caller,
            [nameof(Document.HasDocs)] = context.RequestServices.GetRequiredService<HttpOptions>().Docs,
            [nameof(Document.Problem)] = isFull ? circuits.Refusal : null,
        })
        {
            StatusCode = isFull ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK,
        }.ExecuteAsync(context);
    }

    /// <summary>Shows a browser without a key where to type one; other errors are the API's own.</summary>
    public static async Task<bool> ShowErrorAsync(HttpContext context, ApiError error)
    {
        bool hasPage = context.RequestServices.GetRequiredService<ServerOptions>().ShowsPage();
        if (!hasPage || error.Code != ApiCode.InvalidApiKey || !IsReader(context.Request))
            return false;
        string nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
        context.RequestServices.GetRequiredService<PageSessions>().End(context);
        Protect(context.Response.Headers, nonce);
        await new RazorComponentResult<KeyDocument>(new Dictionary<string, object?> { [nameof(KeyDocument.Nonce)] = nonce })
        {
            StatusCode = context.Response.StatusCode,
        }.ExecuteAsync(context);
        return true;
    }

    /// <summary>Who opened a page.</summary>
    public static PageCaller CallerOf(HttpContext context)
    {
        Caller caller = context.Caller();
        string? peer = context.Connection.RemoteIpAddress?.ToString();
        if (caller == Caller.Anonymous)
            return new("", null, peer, null);
        string? key = Credential.From(context).Text;
        return new(caller.Name, key, peer, AccessWords.Format(caller.Scopes).Split(", ").ToHashSet());
    }

    /// <summary>The policy of a document; scripts and styles stand in files, or under a nonce.</summary>
    private static void Protect(IHeaderDictionary headers, string? nonce)
    {
        string inline = nonce is null ? "" : $" 'nonce-{nonce}'";
        headers.ContentSecurityPolicy = $"default-src 'none'; script-src 'self'{inline}; style-src 'self'{inline}; "
            + "img-src 'self' data: blob:; connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
    }
}
