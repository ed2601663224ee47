namespace VitGrid.Server.Tests.Api;

/// <summary>Where a request's id comes from, and that the grid and the answer have the same one.</summary>
public sealed class RequestIdTests(SharedApi shared) : IClassFixture<SharedApi>
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c", Parent = $"00-{Trace}-b7ad6b7169203331-01";

    [Fact]
    public async Task A_traceparent_gives_its_trace_id() => Assert.Equal(Trace, await IdOf(("traceparent", Parent)));

    [Fact]
    public async Task A_request_id_prevails_over_a_traceparent() =>
        Assert.Equal("mine", await IdOf(("traceparent", Parent), ("x-request-id", "mine")));

    [Fact]
    public async Task An_unusable_request_id_leaves_it_to_the_traceparent() =>
        Assert.Equal(Trace, await IdOf(("traceparent", Parent), ("x-request-id", "not mine")));

    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("none")]
    [InlineData("")]
    public async Task A_traceparent_that_is_none_gives_no_id(string traceparent) =>
        Assert.Matches("^req-[0-9a-f]{32}$", await IdOf(("traceparent", traceparent)));

    [Theory]
    [InlineData("mine", "mine")]
    [InlineData(null, "req-")]
    public async Task The_grid_is_asked_under_the_id_that_the_answer_has(string? given, string begins)
    {
        await using TestApi door = await TestApi.OpenAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/embeddings") { Content = new ByteArrayContent(FakeGrid.Image(1)) };
        request.Content.Headers.ContentType = new("image/png");
        if (given is not null)
            request.Headers.Add("x-request-id", given);
        string answered = (await door.SendAsync(request)).Header("x-request-id");
        Assert.StartsWith(begins, answered, StringComparison.Ordinal);
        Assert.Equal(answered, Assert.Single(door.Grid.Asked).RequestId);
    }

    private async Task<string> IdOf(params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/health/live");
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return (await shared.TestApi.SendAsync(request)).Header("x-request-id");
    }
}
