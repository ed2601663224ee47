using VitGrid.Runtime.Images;

namespace VitGrid.Server.Tests.Api;

/// <summary>What a request should know although it was answered.</summary>
public sealed class HintTests
{
    private static readonly string[] Three = [.. Enumerable.Range(1, 3).Select(i => Convert.ToBase64String(FakeGrid.Image(i)))];

    [Fact]
    public async Task An_ignored_orientation_is_told_by_place_and_with_the_remedy()
    {
        await using TestApi door = await OpenAsync(6);
        Answer answer = await door.JsonAsync(new { input = Three });
        const string Hint = "EXIF orientation ignored: input[0] (6), input[1] (6), input[2] (6); send exif=apply to turn such images "
            + "upright, exif=ignore to hear no more of it";
        Assert.Equal(Hint, answer.Header("x-vitgrid-hint"));
        Assert.Equal(Hint, answer.Json.GetProperty("hints")[0].GetString());
    }

    [Fact]
    public async Task Without_a_hint_there_is_neither_header_nor_field()
    {
        await using TestApi door = await OpenAsync(1);
        Answer answer = await door.JsonAsync(new { input = Three, user = "x" });
        Assert.Equal("", answer.Header("x-vitgrid-hint"));
        Assert.False(answer.Json.TryGetProperty("hints", out _));
    }

    [Theory]
    [InlineData("apply", ExifOrientation.Apply)]
    [InlineData("ignore", ExifOrientation.Ignore)]
    [InlineData(null, null)]
    public async Task Exif_reaches_the_grid_from_query_form_and_json(string? exif, ExifOrientation? expected)
    {
        await using TestApi door = await OpenAsync(1);
        string query = exif is null ? "" : $"?exif={exif}";
        using MultipartFormDataContent form = new() { { new ByteArrayContent(FakeGrid.Image(1)), "file", "a.png" } };
        if (exif is not null)
            form.Add(new StringContent(exif), "exif");
        Answer[] answers =
        [
            await door.RawAsync(FakeGrid.Image(1), query: query), await door.JsonAsync(
                new { input = Three[0], exif }), await door.SendAsync(form),
        ];
        Assert.All(answers, answer => Assert.True(answer.Status == 200, answer.Body));
        Assert.All(door.Grid.Asked, asked => Assert.Equal(expected, asked.Exif));
        (await door.JsonAsync(new { input = Three[0], exif = "turn" })).IsRefusal(
            400, "invalid_request", "exif", "'turn'", "ignore, apply");
    }

    [Theory]
    [InlineData("/v1/models?format=xml", "'format'")]
    [InlineData("/health/ready?verbose=1&x=2", "'verbose', 'x'")]
    [InlineData("/info?api-version=2024-05-01", "")]
    public async Task A_query_that_a_route_does_not_read_is_told(string path, string told)
    {
        await using TestApi door = await OpenAsync(1);
        Answer answer = await door.GetAsync(path);
        Assert.Equal((200, told.Length == 0 ? "" : $"not read here: {told}"), (answer.Status, answer.Header("x-vitgrid-hint")));
    }

    private static Task<TestApi> OpenAsync(int orientation) => TestApi.OpenAsync(grid: new()
    {
        Answer = (request, _) => Task.FromResult(
            FakeGrid.Result(FakeGrid.VectorOf(request.Image.Span)) with { IgnoredOrientation = orientation }),
    });
}
