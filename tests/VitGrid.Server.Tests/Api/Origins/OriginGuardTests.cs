using System.Net;
using VitGrid.Engine.Errors;
using VitGrid.Server.Tests.Protocols;

namespace VitGrid.Server.Tests.Api.Origins;

/// <summary>What a page of another site, or a name that was made to resolve here, gets at each route of a running server.</summary>
public sealed class OriginGuardTests
{
    private const string Page = "https://app.example";

    [Fact]
    public async Task A_rebound_name_is_refused_on_every_path_in_the_shape_of_its_protocol()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        foreach (ServedRoute route in ServedRoute.All(door))
        {
            HttpRequestMessage request = route.Request();
            request.Headers.Host = "evil.example:8080";
            Answer answer = await door.SendAsync(request);
            route.IsRefusal(answer, 421, ApiCode.HostNotAllowed);
            Assert.Contains("evil.example:8080", answer.Body, StringComparison.Ordinal);
        }
        HttpRequestMessage nowhere = new(HttpMethod.Get, "/nothing/here");
        nowhere.Headers.Host = "evil.example";
        (await door.SendAsync(nowhere)).IsRefusal(421, "host_not_allowed", null, "'evil.example'", "VitGrid:Http:Hosts");
        Assert.Empty(door.Grid.Asked);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    [InlineData("Origin", "http://localhost:OWN")]
    [InlineData("Origin", "https://127.0.0.1:OWN")]
    [InlineData("Origin", "")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task What_a_foreign_page_sends_is_refused_on_every_path(string header, string value)
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        string own = $"{door.Http.BaseAddress!.Port}";
        foreach (ServedRoute route in ServedRoute.All(door))
        {
            HttpRequestMessage request = route.Request();
            request.Headers.TryAddWithoutValidation(header, value.Replace("OWN", own, StringComparison.Ordinal));
            route.IsRefusal(await door.SendAsync(request), 403, ApiCode.OriginNotAllowed);
        }
        Assert.Empty(door.Grid.Asked);
    }

    [Fact]
    public async Task A_page_of_the_servers_own_and_a_link_from_elsewhere_come_in()
    {
        await using TestApi door = await TestApi.OpenAsync();
        HttpRequestMessage own = new(HttpMethod.Post, "/v1/embeddings") { Content = Image() };
        own.Headers.Add("Origin", $"http://127.0.0.1:{door.Http.BaseAddress!.Port}");
        own.Headers.Add("Sec-Fetch-Site", "same-origin");
        Assert.Equal(200, (await door.SendAsync(own)).Status);
        HttpRequestMessage link = new(HttpMethod.Get, "/");
        link.Headers.Add("Sec-Fetch-Site", "cross-site");
        link.Headers.Add("Sec-Fetch-Mode", "navigate");
        link.Headers.Add("Sec-Fetch-Dest", "document");
        Assert.Equal(200, (await door.SendAsync(link)).Status);
        HttpRequestMessage framed = new(HttpMethod.Get, "/");
        framed.Headers.Add("Sec-Fetch-Site", "cross-site");
        framed.Headers.Add("Sec-Fetch-Mode", "navigate");
        framed.Headers.Add("Sec-Fetch-Dest", "iframe");
        Assert.Equal(403, (await door.SendAsync(framed)).Status);
    }

    [Fact]
    public async Task A_listed_origin_is_told_beforehand_what_it_may_send_and_reads_answers_and_refusals()
    {
        await using TestApi door = await TestApi.OpenAsync(new() { Http = new() { Origins = [Page] } });
        HttpRequestMessage question = new(HttpMethod.Options, "/v1/embeddings");
        question.Headers.Add("Origin", Page);
        question.Headers.Add("Access-Control-Request-Method", "POST");
        question.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        Answer told = await door.SendAsync(question);
        Assert.Equal((204, Page), (told.Status, told.Header("Access-Control-Allow-Origin")));
        Assert.Contains("POST", told.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Contains("authorization", told.Header("Access-Control-Allow-Headers"), StringComparison.Ordinal);

        foreach ((string body, int status) in new[] { ("""{"input":"AAAA"}""", 400), ("""{"input":"x","model":"none"}""", 404) })
        {
            HttpRequestMessage request = new(HttpMethod.Post, "/v1/embeddings")
            {
                Content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
            };
            request.Headers.Add("Origin", Page);
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
            Answer answer = await door.SendAsync(request);
            Assert.Equal((status, Page), (answer.Status, answer.Header("Access-Control-Allow-Origin")));
            Assert.Contains("x-request-id", answer.Header("Access-Control-Expose-Headers"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_preflight_of_an_origin_that_is_not_listed_is_refused()
    {
        await using TestApi door = await TestApi.OpenAsync(new() { Http = new() { Origins = [Page] } });
        HttpRequestMessage question = new(HttpMethod.Options, "/v1/embeddings");
        question.Headers.Add("Origin", "https://app.example.evil");
        question.Headers.Add("Access-Control-Request-Method", "POST");
        Answer answer = await door.SendAsync(question);
        answer.IsRefusal(403, "origin_not_allowed", null, "'https://app.example.evil'", "VitGrid:Http:Origins");
        Assert.Equal("", answer.Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/plain;charset=UTF-8")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/json")]
    [InlineData("")]
    public async Task Json_is_read_under_its_own_name_only(string type)
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        foreach (ServedRoute route in ServedRoute.All(door).Where(route => route.Embeds))
        {
            HttpRequestMessage request = route.Request();
            request.Content = new ByteArrayContent(await request.Content!.ReadAsByteArrayAsync());
            if (type.Length > 0)
                request.Content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
            route.IsRefusal(await door.SendAsync(request), 415, ApiCode.UnsupportedImageFormat);
        }
        Assert.Empty(door.Grid.Asked);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("APPLICATION/JSON; charset=utf-8")]
    [InlineData("application/vnd.api+json")]
    public async Task Json_has_its_names(string type)
    {
        await using TestApi door = await TestApi.OpenAsync();
        Assert.Equal(200, (await door.TextAsync($$"""{"input":"{{Convert.ToBase64String(FakeGrid.Image(1))}}"}""", type)).Status);
    }

    [Fact]
    public async Task No_answer_may_be_taken_for_another_type()
    {
        await using TestApi door = await TestApi.OpenAsync();
        HttpRequestMessage rebound = new(HttpMethod.Get, "/");
        rebound.Headers.Host = "evil.example";
        Answer[] answers =
        [
            await door.GetAsync("/health/live"), await door.GetAsync("/nothing"), await door.RawAsync([]), await door.SendAsync(rebound),
        ];
        Assert.All(answers, answer => Assert.Equal("nosniff", answer.Header("X-Content-Type-Options")));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.MisdirectedRequest],
            answers.Select(answer => answer.Message.StatusCode));
    }

    private static ByteArrayContent Image() => new(FakeGrid.Image(1)) { Headers = { ContentType = new("image/png") } };
}
