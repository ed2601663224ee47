using System.Text.RegularExpressions;
using VitGrid.Server.Tests.Access;

namespace VitGrid.Server.Tests.Api;

/// <summary><c>GET /docs</c>: the API's document as a page.</summary>
public sealed partial class ApiReferenceTests
{
    [Fact]
    public async Task The_page_loads_its_script_and_document_from_this_server_and_may_ask_no_other()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer page = await door.GetAsync("/docs");
        Assert.Equal((200, "text/html"), (page.Status, page.Message.Content.Headers.ContentType?.MediaType));
        Assert.Contains("connect-src 'self'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.DoesNotContain("'self' http", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        string[] loaded = [.. Loaded().Matches(page.Body).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(loaded);
        Uri root = new(door.Http.BaseAddress!, page.Message.RequestMessage!.RequestUri!.AbsolutePath);
        foreach (string url in loaded.Where(url => !url.StartsWith("data:", StringComparison.Ordinal)))
        {
            Uri whole = new(root, url);
            Assert.Equal(door.Http.BaseAddress!.Authority, whole.Authority);
            Assert.Equal(200, (await door.GetAsync(whole.PathAndQuery)).Status);
        }
        Assert.Contains("openapi/v1.json", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_turns_it_off_and_a_key_is_asked_for_where_keys_are_on()
    {
        await using TestApi off = await TestApi.OpenAsync(new() { Http = new() { Docs = false } });
        Assert.Equal(404, (await off.GetAsync("/docs")).Status);
        await using KeyedApi api = await KeyedApi.OpenAsync();
        Assert.Equal(401, (await api.GetAsync("/docs", null)).Status);
        Assert.Equal(200, (await api.GetAsync("/docs/", await api.KeyAsync("one"))).Status);
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]+)\"")]
    private static partial Regex Loaded();
}
