using System.Globalization;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Access;

public sealed class LimitHeaderTests
{
    [Fact]
    public async Task A_limit_that_is_reached_is_429_with_openais_headers_and_a_wait()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one", change: made => made with { Limits = new() { RequestsPerDay = 2 } });
        Answer first = await api.EmbedAsync(key), second = await api.EmbedAsync(key), third = await api.EmbedAsync(key);
        Assert.Equal((200, "2", "1"), Requests(first));
        Assert.Equal((200, "2", "0"), Requests(second));
        Assert.Equal((429, "2", "0"), Requests(third));
        third.IsRefusal(429, "rate_limited", null, "'one'", "2 requests a day", "try again in");
        Assert.InRange(int.Parse(third.Header("Retry-After"), CultureInfo.InvariantCulture), 1, 86_400);
        Assert.Matches(@"^(\d+h)?(\d+m)?\d+s$", third.Header("x-ratelimit-reset-requests"));
    }

    [Fact]
    public async Task Two_keys_at_one_address_do_not_touch_each_other()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string one = await api.KeyAsync("one", change: made => made with { Limits = new() { RequestsPerDay = 1 } });
        string other = await api.KeyAsync("other", change: made => made with { Limits = new() { RequestsPerDay = 1 } });
        await api.EmbedAsync(one);
        Assert.Equal(429, (await api.EmbedAsync(one)).Status);
        Assert.Equal(200, (await api.EmbedAsync(other)).Status);
    }

    [Fact]
    public async Task Images_and_bytes_are_counted_and_told_like_requests()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync(
            "one", change: made => made with { Limits = new() { ImagesPerDay = 5, BytesPerDay = 100_000 } });
        string[] three = [.. Enumerable.Range(1, 3).Select(number => Convert.ToBase64String(FakeGrid.Image(number)))];
        Answer answer = await api.EmbedAsync(key, new { input = three });
        Assert.Equal((200, "5", "2"),
            (answer.Status, answer.Header("x-ratelimit-limit-images"), answer.Header("x-ratelimit-remaining-images")));
        Assert.InRange(long.Parse(answer.Header("x-ratelimit-remaining-bytes"), CultureInfo.InvariantCulture), 99_000, 99_999);
        (await api.EmbedAsync(key, new { input = three })).IsRefusal(429, "rate_limited", null, "5 images a day");
        Assert.Equal(3, api.Door.Grid.Asked.Count);
    }

    [Fact]
    public async Task The_tiles_that_an_image_was_cut_into_count_as_images()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        api.Door.Grid.Answer = (_, _) => Task.FromResult(FakeGrid.Result(new float[FakeGrid.Width]) with
        {
            Grid = new(3, 1, Thumbnail: true), Tiles = [.. Enumerable.Repeat((ReadOnlyMemory<float>)new float[FakeGrid.Width], 4)],
        });
        string key = await api.KeyAsync("one", change: made => made with { Limits = new() { ImagesPerDay = 6 } });
        object tiled = new
        {
            input = Convert.ToBase64String(FakeGrid.Image(1)), tiling = new { min = 1, max = 6 }, preprocess = "squash",
        };
        Assert.Equal((200, "5"), await api.EmbedAsync(key, tiled) is var first
            ? (first.Status, first.Header("x-ratelimit-remaining-images")) : default);
        Assert.Equal((200, "1"), await api.EmbedAsync(key, tiled) is var second
            ? (second.Status, second.Header("x-ratelimit-remaining-images")) : default);
        (await api.EmbedAsync(key, tiled)).IsRefusal(429, "rate_limited", null, "6 images a day");
    }

    [Fact]
    public async Task A_request_above_the_whole_limit_is_told_to_be_split()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one", change: made => made with { Limits = new() { ImagesPerMinute = 1 } });
        string image = Convert.ToBase64String(FakeGrid.Image(1));
        (await api.EmbedAsync(key, new { input = new[] { image, image } })).IsRefusal(429, "rate_limited", null, "2 images", "split it");
    }

    [Fact]
    public async Task A_body_whose_length_is_not_told_counts_too()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one", change: made => made with { Limits = new() { BytesPerDay = 40 } });
        HttpRequestMessage chunked = new(HttpMethod.Post, "/v1/embeddings") { Content = new StreamContent(new MemoryStream(new byte[48])) };
        chunked.Content.Headers.ContentType = new("image/png");
        chunked.Headers.TransferEncodingChunked = true;
        await api.SendAsync(chunked, key);
        (await api.EmbedAsync(key)).IsRefusal(429, "rate_limited", null, "40 bytes a day");
    }

    [Fact]
    public async Task Images_under_way_are_bounded_and_free_again_when_they_are_answered()
    {
        FakeGrid grid = new();
        TaskCompletionSource begun = new(), go = new();
        grid.Answer = async (request, _) =>
        {
            begun.TrySetResult();
            await go.Task;
            return FakeGrid.Result(FakeGrid.VectorOf(request.Image.Span));
        };
        await using KeyedApi api = await KeyedApi.OpenAsync(grid: grid);
        string key = await api.KeyAsync("one", change: made => made with { Limits = new() { ImagesUnderWay = 1 } });
        Task<Answer> first = api.EmbedAsync(key);
        await Task.WhenAny(begun.Task, first);
        (await api.EmbedAsync(key)).IsRefusal(429, "rate_limited", null, "1 images under way");
        go.SetResult();
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await api.EmbedAsync(key)).Status);
    }

    [Fact]
    public async Task A_key_without_limits_has_those_of_the_settings()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync(defaults: new() { RequestsPerDay = 1 });
        string key = await api.KeyAsync("one");
        string other = await api.KeyAsync("other", change: made => made with { Limits = new() { RequestsPerDay = 9 } });
        Assert.Equal((200, "1", "0"), Requests(await api.EmbedAsync(key)));
        Assert.Equal(429, (await api.EmbedAsync(key)).Status);
        Assert.Equal((200, "9", "8"), Requests(await api.EmbedAsync(other)));
    }

    [Theory]
    [InlineData(0.2, "1s")]
    [InlineData(17, "17s")]
    [InlineData(360, "6m0s")]
    [InlineData(83_100, "23h5m0s")]
    public void Times_are_written_as_openai_does(double seconds, string text) =>
        Assert.Equal(text, RateHeaders.Duration(TimeSpan.FromSeconds(seconds)));

    private static (int, string, string) Requests(Answer answer) =>
        (answer.Status, answer.Header("x-ratelimit-limit-requests"), answer.Header("x-ratelimit-remaining-requests"));
}
