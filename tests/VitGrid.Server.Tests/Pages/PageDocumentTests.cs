using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Access.Keys;
using VitGrid.Page.Circuits;
using VitGrid.Page.Layout;
using VitGrid.Server.Api.Pages;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Access;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Pages;

/// <summary>The page's documents, what they load, and who is let in.</summary>
public sealed partial class PageDocumentTests
{
    [Fact]
    public async Task A_browser_is_shown_the_page_at_the_root_and_a_program_the_paths()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer page = await OpenAsync(door, "/"), paths = await door.GetAsync("/");
        Assert.Equal((200, "text/html"), (page.Status, page.Message.Content.Headers.ContentType?.MediaType));
        Assert.Contains("<h1>", page.Body, StringComparison.Ordinal);
        Assert.Equal("vitgrid", paths.Json.GetProperty("name").GetString());
        Assert.Equal("Accept", page.Header("Vary"));
    }

    [Fact]
    public async Task Every_page_loads_from_this_server_alone_and_has_no_script_of_its_own()
    {
        await using TestApi door = await TestApi.OpenAsync();
        foreach (PageKind kind in PageDocuments.KindsOf(new()))
        {
            Answer page = await OpenAsync(door, kind.Path);
            string policy = page.Header("Content-Security-Policy");
            Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'; ", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"<script(?![^>]*\bsrc=)", page.Body);
            Assert.DoesNotMatch(@"<style|\bstyle=|\bon[a-z]+=", page.Body);
            Uri root = new(door.Http.BaseAddress!, "/");
            string[] loaded = [.. Loaded().Matches(page.Body).Select(match => WebUtility.HtmlDecode(match.Groups[1].Value))];
            Assert.True(loaded.Length >= 4, page.Body);
            foreach (string url in loaded.Where(url => !url.StartsWith("data:", StringComparison.Ordinal)))
            {
                Uri whole = new(root, url);
                Assert.Equal(door.Http.BaseAddress!.Authority, whole.Authority);
                Assert.Equal((url, 200), (url, (await OpenAsync(door, whole.PathAndQuery)).Status));
            }
        }
    }

    [Fact]
    public async Task A_setting_turns_it_off_and_a_worker_has_none()
    {
        await using TestApi off = await TestApi.OpenAsync(new() { Http = new() { Page = false } });
        await using TestApi worker = await TestApi.OpenAsync(new() { Role = GridRole.Worker });
        foreach (TestApi door in (TestApi[])[off, worker])
        {
            Assert.Equal("vitgrid", (await OpenAsync(door, "/")).Json.GetProperty("name").GetString());
            foreach (string path in PageKind.All.Select(kind => kind.Path).Append("/_blazor").Append("/_framework/blazor.server.js"))
                Assert.Equal((path, 404), (path, (await OpenAsync(door, path)).Status));
        }
    }

    [Fact]
    public async Task Without_a_key_a_browser_is_shown_where_to_type_it_and_a_program_the_error()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        foreach (string path in PageDocuments.KindsOf(new()).Select(kind => kind.Path).Append("/"))
        {
            Answer form = await OpenAsync(api.Door, path);
            Assert.Equal((401, "text/html"), (form.Status, form.Message.Content.Headers.ContentType?.MediaType));
            string nonce = Nonce().Match(form.Header("Content-Security-Policy")).Groups[1].Value;
            Assert.True(nonce.Length >= 20, nonce);
            Assert.Contains($"<script nonce=\"{nonce}\">", WebUtility.HtmlDecode(form.Body), StringComparison.Ordinal);
            Assert.NotEqual(nonce, Nonce().Match((await OpenAsync(api.Door, path)).Header("Content-Security-Policy")).Groups[1].Value);
            (await api.GetAsync(path, null)).IsRefusal(401, "invalid_api_key", null);
        }
    }

    [Fact]
    public async Task A_session_opens_the_page_and_nothing_else_until_it_ends_or_its_key_is_revoked()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("watcher", Scopes.Metrics | Scopes.Embed);
        string cookie = await SignInAsync(api, key);
        Assert.DoesNotContain(key, cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(200, (await OpenAsync(api.Door, "/grid", cookie)).Status);
        Assert.Contains("watcher", (await OpenAsync(api.Door, "/", cookie)).Body, StringComparison.Ordinal);
        foreach (string path in (string[])["/metrics", "/info", "/v1/models", "/docs"])
            Assert.Equal((path, 401), (path, (await OpenAsync(api.Door, path, cookie)).Status));

        HttpRequestMessage end = new(HttpMethod.Delete, "/page/session");
        end.Headers.Add("Cookie", cookie.Split(';')[0]);
        Assert.Equal(204, (await api.Door.SendAsync(end)).Status);
        Assert.Equal(401, (await OpenAsync(api.Door, "/grid", cookie)).Status);

        string again = await SignInAsync(api, key);
        ApiKey made = (await api.Keys.ListAsync(default)).Single(one => one.Name == "watcher");
        await api.Keys.RevokeAsync(made.Id, default);
        await api.RefreshAsync();
        Assert.Equal(401, (await OpenAsync(api.Door, "/grid", again)).Status);
    }

    [Fact]
    public async Task A_wrong_key_begins_no_session_and_a_key_without_the_scope_sees_no_grid()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        HttpRequestMessage wrong = new(HttpMethod.Post, "/page/session");
        (await api.SendAsync(wrong, "vg-nobody")).IsRefusal(401, "invalid_api_key", null);
        string cookie = await SignInAsync(api, await api.KeyAsync("embedder"));
        (await OpenAsync(api.Door, "/grid", cookie)).IsRefusal(403, "scope_missing", null, "metrics");
        HttpRequestMessage drain = new(HttpMethod.Post, "/page/drain/x");
        (await api.SendAsync(drain, await api.KeyAsync("watcher", Scopes.Metrics))).IsRefusal(403, "scope_missing", null, "admin");
    }

    [Theory]
    [InlineData(null, 403)]
    [InlineData("null", 403)]
    [InlineData("http://evil.example", 403)]
    [InlineData("http://127.0.0.1:1", 403)]
    [InlineData("own", 200)]
    public async Task The_line_of_a_page_is_opened_by_this_servers_own_pages_alone(string? origin, int status)
    {
        await using TestApi door = await TestApi.OpenAsync();
        HttpRequestMessage request = new(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1");
        if (origin is not null)
            request.Headers.Add("Origin", origin == "own" ? door.Http.BaseAddress!.GetLeftPart(UriPartial.Authority) : origin);
        Answer answer = await door.SendAsync(request);
        Assert.True(status == answer.Status, answer.Body);
        if (status == 403)
            answer.IsRefusal(403, "origin_not_allowed", null);
    }

    [Fact]
    public async Task Beyond_the_bound_a_page_says_so_and_no_line_is_opened()
    {
        await using TestApi door = await TestApi.OpenAsync(new() { Http = new() { PageCircuits = 1 } });
        CircuitCount count = door.App.Services.GetRequiredService<CircuitCount>();
        Assert.Equal(200, (await OpenAsync(door, "/grid")).Status);
        count.Opened();
        Answer full = await OpenAsync(door, "/grid");
        Assert.Equal((503, "10"), (full.Status, full.Header("Retry-After")));
        Assert.Contains("of at most 1 (VitGrid:Http:PageCircuits)", full.Body, StringComparison.Ordinal);
        foreach ((HttpMethod method, string line) in ((HttpMethod, string)[])[
            (HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1"), (HttpMethod.Get, "/_blazor")])
        {
            HttpRequestMessage request = new(method, line);
            request.Headers.Add("Origin", door.Http.BaseAddress!.GetLeftPart(UriPartial.Authority));
            (await door.SendAsync(request)).IsRefusal(429, "overloaded", null, "PageCircuits");
        }
        count.Closed();
        Assert.Equal(200, (await OpenAsync(door, "/grid")).Status);
    }

    internal static Task<Answer> OpenAsync(TestApi door, string path, string? cookie = null)
    {
        HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Add("Accept", "text/html,application/xhtml+xml");
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie.Split(';')[0]);
        return door.SendAsync(request);
    }

    private static async Task<string> SignInAsync(KeyedApi api, string key)
    {
        Answer answer = await api.SendAsync(new(HttpMethod.Post, "/page/session"), key);
        Assert.True(answer.Status == 204, answer.Body);
        return answer.Header("Set-Cookie");
    }

    [GeneratedRegex("(?:src|href)=\"([^\"#]+)\"")]
    private static partial Regex Loaded();

    [GeneratedRegex("'nonce-([^']+)'")]
    private static partial Regex Nonce();
}
