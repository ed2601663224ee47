using System.Net;
using System.Net.Sockets;
using System.Text;
using VitGrid.Engine.Requests;

namespace VitGrid.Server.Tests.Api;

/// <summary>A refusal costs next to nothing, and says when to come again.</summary>
public sealed class OverloadTests
{
    private static readonly string[] Four = [.. Enumerable.Range(0, 4).Select(i => Convert.ToBase64String(FakeGrid.Image(i)))];
    private static readonly GridException Full = new(
        GridFault.Overloaded, "what, limit, remedy") { RetryAfter = TimeSpan.FromSeconds(7.2) };

    [Theory]
    [InlineData(0.01, "1")]
    [InlineData(7.2, "8")]
    [InlineData(3600, "60")]
    public async Task Retry_after_is_the_forecast_in_whole_seconds_from_one_to_a_minute(double seconds, string header)
    {
        await using TestApi door = await TestApi.OpenAsync();
        door.Grid.Answer = (_, _) => throw new GridException(GridFault.Overloaded, "full") { RetryAfter = TimeSpan.FromSeconds(seconds) };
        Answer answer = await door.RawAsync(FakeGrid.Image(1));
        answer.IsRefusal(429, "overloaded", null, "full");
        Assert.Equal(header, answer.Header("Retry-After"));
    }

    [Fact]
    public async Task Work_that_no_cache_can_spare_a_full_grid_is_refused_before_its_body_is_read()
    {
        await using TestApi door = await TestApi.OpenAsync(grid: new() { Foreseen = Full });
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(door.App.Urls.Single()).Port);
        // The length is told, the body never comes.
        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                "POST /v1/embeddings?cache=bypass HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Type: image/png\r\nContent-Length: 1000000\r\n\r\n"));
        using StreamReader answer = new(client.GetStream());
        Assert.Equal("HTTP/1.1 429 Too Many Requests", await answer.ReadLineAsync());
        List<string> headers = [];
        while (await answer.ReadLineAsync() is { Length: > 0 } header)
            headers.Add(header);
        Assert.Contains("Retry-After: 8", headers);
        Assert.Empty(door.Grid.Asked);
    }

    [Fact]
    public async Task Json_is_refused_before_an_image_is_decoded()
    {
        await using TestApi door = await TestApi.OpenAsync(grid: new() { Foreseen = Full });
        (await door.JsonAsync(new { input = "not base64 at all", cache = "refresh" })).IsRefusal(
            429, "overloaded", null, "what, limit, remedy");
        Assert.Equal(200, (await door.JsonAsync(new { input = Four })).Status);
    }

    [Fact]
    public async Task A_refusal_of_the_moment_cancels_every_image_of_its_request()
    {
        await using TestApi door = await TestApi.OpenAsync();
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        door.Grid.Answer = async (request, cancellation) =>
        {
            if (!request.Image.Span.SequenceEqual(FakeGrid.Image(0)))
                throw Full;
            await using CancellationTokenRegistration told = cancellation.Register(cancelled.SetResult);
            await cancelled.Task;
            throw new OperationCanceledException(cancellation);
        };
        (await door.JsonAsync(new { input = Four })).IsRefusal(429, "overloaded", null, "what, limit, remedy");
        Assert.True(cancelled.Task.IsCompletedSuccessfully, "the image before the refused one went on");
    }
}
