using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Api.Bodies;

/// <summary>Bodies that come slowly, or are refused while they come.</summary>
public sealed class SlowBodyTests
{
    private const int Slow = 15;

    [Fact]
    public async Task A_body_that_comes_steadily_but_too_late_is_refused_with_408_and_leaves_nothing_counted()
    {
        FakeTimeProvider time = new();
        BodyMemory memory = new(1 << 20, 1 << 20);
        Pipe pipe = new();
        DefaultHttpContext context = new();
        context.Request.Body = pipe.Reader.AsStream();
        Task<RequestBody> reading = new BodyReader(new HttpOptions { BodySeconds = 60 }, memory, time).ReadAsync(
            context.Request, BodyTypes.JudgedByReader, 1_000_000, CancellationToken.None);
        for (int second = 0; second < 59; second++)
        {
            await pipe.Writer.WriteAsync(new byte[300]);
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.False(reading.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        ApiException refused = await Assert.ThrowsAsync<ApiException>(() => reading);
        Assert.Equal("body_timeout", refused.Error.Code);
        Assert.Contains("60 s (VitGrid:Http:BodySeconds)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, memory.Held);
    }

    [Fact]
    public async Task Clients_that_send_a_large_body_and_stop_leave_the_others_their_room_until_they_are_refused()
    {
        await using TestApi door = await TestApi.OpenAsync(new()
        {
            Http = new() { MaxBodyBytes = 12_000_000, MaxBufferedBytes = 256 << 20, BodySeconds = 3 },
            Images = new() { MaxFileBytes = 1_000_000 },
        });
        TcpClient[] slow = [.. await Task.WhenAll(Enumerable.Range(0, Slow).Select(_ => BeginAsync(door, 11_500_000, 11_000_000)))];
        for (int i = 0; i < 50; i++)
            Assert.Equal(200, (await door.RawAsync(FakeGrid.Image(i))).Status);
        string[] answers = await Task.WhenAll(slow.Select(FirstLineAsync));
        Assert.All(answers, line => Assert.Contains(line, (string[])["HTTP/1.1 408 Request Timeout", "HTTP/1.1 429 Too Many Requests"]));
        Assert.Contains("HTTP/1.1 408 Request Timeout", answers);
        Assert.Equal(200, (await door.RawAsync(new byte[11_500_000])).Status);
        foreach (TcpClient client in slow)
            client.Dispose();
    }

    [Theory]
    [InlineData("Host: evil.example", "HTTP/1.1 421")]
    [InlineData("Host: localhost\r\nOrigin: null", "HTTP/1.1 403")]
    [InlineData("Host: localhost\r\nContent-Encoding: gzip", "HTTP/1.1 415")]
    public async Task A_client_that_reads_no_answer_before_it_has_sent_all_sees_the_refusal(string head, string status)
    {
        const int Length = 20_000_000;
        await using TestApi door = await TestApi.OpenAsync();
        using TcpClient client = await BeginAsync(door, Length, Length, head);
        Assert.StartsWith(status, await FirstLineAsync(client), StringComparison.Ordinal);
    }

    /// <summary>Sends a head that announces <paramref name="length"/> bytes, and <paramref name="sent"/> of them.</summary>
    private static async Task<TcpClient> BeginAsync(TestApi door, int length, int sent, string head = "Host: localhost")
    {
        TcpClient client = new();
        await client.ConnectAsync("127.0.0.1", door.Http.BaseAddress!.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/embeddings HTTP/1.1\r\n{head}\r\nContent-Type: image/png\r\nContent-Length: {length}\r\n\r\n"));
        await client.GetStream().WriteAsync(new byte[sent]);
        return client;
    }

    private static async Task<string> FirstLineAsync(TcpClient client)
    {
        using StreamReader answer = new(client.GetStream(), leaveOpen: true);
        return await answer.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) ?? "";
    }
}
