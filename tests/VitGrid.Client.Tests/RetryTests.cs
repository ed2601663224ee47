using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace VitGrid.Client.Tests;

/// <summary>What is repeated, after how long, and what not.</summary>
public sealed class RetryTests : IDisposable
{
    private readonly HurriedTime _time = new();
    private readonly List<HttpClient> _clients = [];

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_refusal_for_the_moment_is_waited_for_as_long_as_the_server_says(int status)
    {
        await using StubServer server = await Refusing(1, status, "7");
        IReadOnlyList<float[]> vectors = await Client(server).EmbedAsync([new byte[] { 1 }, new byte[] { 2 }]);
        Assert.Equal(2, vectors.Count);
        Assert.Equal([TimeSpan.FromSeconds(7)], _time.Waits);
        Assert.Equal(2, server.Requests.Count);
        Assert.Single(server.Requests.Distinct());
    }

    [Fact]
    public async Task Without_a_time_from_the_server_the_waits_grow_within_their_bound()
    {
        await using StubServer server = await Refusing(3, 503, null);
        await Client(server, options => options.MaxRetryDelay = TimeSpan.FromSeconds(1)).EmbedAsync([new byte[] { 1 }, new byte[] { 2 }]);
        Assert.Equal(3, _time.Waits.Count);
        Assert.All(_time.Waits, wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task A_refusal_for_longer_than_the_client_waits_is_the_callers()
    {
        await using StubServer server = await Refusing(9, 429, "31");
        VitGridException refused = await Assert.ThrowsAsync<VitGridException>(() => Client(server).ModelsAsync());
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(31)), (refused.Status, refused.RetryAfter));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task After_the_last_retry_the_refusal_is_the_callers()
    {
        await using StubServer server = await Refusing(9, 429, "1");
        await Assert.ThrowsAsync<VitGridException>(() => Client(server, options => options.MaxRetries = 2).ModelsAsync());
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(504)]
    public async Task Other_refusals_are_not_repeated(int status)
    {
        await using StubServer server = await Refusing(9, status, "1");
        await Assert.ThrowsAsync<VitGridException>(() => Client(server).ModelsAsync());
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_stream_that_can_seek_is_sent_again_from_where_it_stood()
    {
        await using StubServer server = await Refusing(1, 429, "1", Answer.With(0));
        using MemoryStream image = new("xxabc"u8.ToArray()) { Position = 2 };
        await Client(server).EmbedImageAsync(image);
        Assert.Equal(["abc", "abc"], server.Requests.Select(request => request.Body));
        Assert.All(server.Requests, request => Assert.Equal("application/octet-stream", request.ContentType));
    }

    [Fact]
    public async Task A_stream_that_can_be_read_once_is_sent_once_and_the_refusal_is_the_callers()
    {
        await using StubServer server = await Refusing(1, 429, "1", Answer.With(0));
        using ReadOnce image = new("abc"u8.ToArray());
        VitGridException refused = await Assert.ThrowsAsync<VitGridException>(() => Client(server).EmbedImageAsync(image));
        Assert.Equal(TimeSpan.FromSeconds(1), refused.RetryAfter);
        Assert.Equal("abc", server.Single().Body);
        Assert.Empty(_time.Waits);
    }

    [Fact]
    public async Task What_found_no_connection_is_repeated_whatever_its_body()
    {
        using VitGridClient client = Client(new VitGridClientOptions { Endpoint = new($"http://127.0.0.1:{FreePort()}") });
        using ReadOnce image = new("abc"u8.ToArray());
        HttpRequestException failed = await Assert.ThrowsAsync<HttpRequestException>(() => client.EmbedImageAsync(image));
        Assert.Equal(HttpRequestError.ConnectionError, failed.HttpRequestError);
        Assert.Equal(3, _time.Waits.Count);
    }

    [Fact]
    public async Task A_body_that_broke_off_under_way_is_not_repeated()
    {
        await using StubServer server = await StubServer.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await Assert.ThrowsAsync<HttpRequestException>(() => Client(server).ModelsAsync());
        Assert.Empty(_time.Waits);
    }

    [Fact]
    public async Task A_call_with_its_retries_ends_with_its_time()
    {
        await using StubServer server = await StubServer.StartAsync(
            context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        VitGridClient client = Client(server, options => options.Timeout = TimeSpan.FromMilliseconds(200));
        TaskCanceledException late = await Assert.ThrowsAsync<TaskCanceledException>(() => client.ModelsAsync());
        Assert.IsType<TimeoutException>(late.InnerException);
    }

    public static TheoryData<HttpContent?, bool> Bodies => new()
    {
        { null, true },
        { new ByteArrayContent([1]), true },
        { new StringContent("a"), true },
        { new ReadOnlyMemoryContent(default), true },
        { new StreamContent(new MemoryStream()), false },
        { new MultipartFormDataContent { { new ByteArrayContent([1]), "image" } }, true },
        { new MultipartFormDataContent { { new StreamContent(new MemoryStream()), "image" } }, false },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_is_sent_again_only_if_it_is_there_again(HttpContent? body, bool again) =>
        Assert.Equal(again, RetryHandler.IsReplayable(body));

    private static Task<StubServer> Refusing(int times, int status, string? retryAfter, string? body = null) =>
        StubServer.StartAsync(context =>
        {
            context.Response.ContentType = "application/json";
            if (Interlocked.Decrement(ref times) < 0)
                return context.Response.WriteAsync(body ?? Answer.With(0, 1));
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = retryAfter;
            return context.Response.WriteAsync(Answers.Overloaded);
        });

    private VitGridClient Client(StubServer server, Action<VitGridClientOptions>? configure = null)
    {
        VitGridClientOptions options = new() { Endpoint = server.Http.BaseAddress };
        configure?.Invoke(options);
        return Client(options);
    }

    private VitGridClient Client(VitGridClientOptions options)
    {
        HttpClient http = new(new RetryHandler(options, _time, new SocketsHttpHandler()));
        _clients.Add(http);
        options.Apply(http);
        return new(http);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A stream as a network or a pipe gives it.</summary>
    private sealed class ReadOnce(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
