using System.Net;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Page.Calls;
using VitGrid.Server.Tests.Access;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Pages;

/// <summary>The API as the page asks it: in the process, and yet by the same way as from outside.</summary>
public sealed class PageApiTests
{
    [Fact]
    public async Task An_image_is_answered_as_over_the_network_with_its_headers()
    {
        await using TestApi door = await TestApi.OpenAsync();
        HttpResponseMessage answer = await SendAsync(door, "/v1/embeddings", FakeGrid.Image(1));
        Answer outside = await door.RawAsync(FakeGrid.Image(1));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(outside.Json.GetProperty("data").GetRawText(), new Answer(answer, await answer.Content.ReadAsStringAsync()).Json
            .GetProperty("data").GetRawText());
        Assert.Contains("infer;dur=", string.Join(',', answer.Headers.GetValues("Server-Timing")), StringComparison.Ordinal);
        Assert.StartsWith("req-", answer.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/embeddings?pooling=none")]
    [InlineData("/v1/embeddings?model=unknown")]
    [InlineData("/nothing/here")]
    public async Task What_is_refused_is_refused_in_the_same_words(string path)
    {
        await using TestApi door = await TestApi.OpenAsync();
        HttpResponseMessage answer = await SendAsync(door, path, FakeGrid.Image(1));
        HttpRequestMessage request = new(HttpMethod.Post, path) { Content = Content(FakeGrid.Image(1)) };
        Answer outside = await door.SendAsync(request);
        Assert.Equal((outside.Status, outside.Body), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.True((int)answer.StatusCode >= 400, outside.Body);
    }

    [Fact]
    public async Task Keys_scopes_and_sizes_hold_for_it_too()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        PageServer server = api.Door.App.Services.GetRequiredService<PageServer>();
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(api.Door, "/v1/embeddings", FakeGrid.Image(1))).StatusCode);
        string key = await api.KeyAsync("one");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(api.Door, "/v1/embeddings", FakeGrid.Image(1), key)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(api.Door, "/v1/features", FakeGrid.Image(1), key)).StatusCode);
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge, (await SendAsync(api.Door, "/v1/embeddings", new byte[64_000_001], key)).StatusCode);
        Assert.Equal((true, false), (await server.IsKnownAsync(key), await server.IsKnownAsync("vg-nobody")));
    }

    private static Task<HttpResponseMessage> SendAsync(TestApi door, string path, byte[] image, string? key = null)
    {
        HttpRequestMessage request = new(HttpMethod.Post, path) { Content = Content(image) };
        if (key is not null)
            request.Headers.Authorization = new("Bearer", key);
        return door.App.Services.GetRequiredService<PageServer>().SendAsync(request, "127.0.0.1", CancellationToken.None);
    }

    private static ByteArrayContent Content(byte[] image) => new(image) { Headers = { ContentType = new("image/png") } };
}
