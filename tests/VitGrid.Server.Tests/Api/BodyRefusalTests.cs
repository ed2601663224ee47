using System.Net.Sockets;
using System.Text;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Api;

public sealed class BodyRefusalTests
{
    private static readonly ServerOptions Small =
        new() { Http = new() { MaxBodyBytes = 200_000 }, Images = new() { MaxFileBytes = 100_000 } };

    [Theory]
    [InlineData("application/json")]
    [InlineData("image/png")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task An_empty_body_is_refused_with_the_three_forms(string contentType)
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await door.RawAsync([], contentType)).IsRefusal(
            400, "invalid_request", null, "0 bytes", "application/json", "image/*", "multipart/form-data");
    }

    [Theory]
    [InlineData("text/plain", "'text/plain'")]
    [InlineData("application/x-www-form-urlencoded", "'application/x-www-form-urlencoded'")]
    [InlineData("video/mp4", "'video/mp4'")]
    [InlineData("", "''")]
    public async Task A_wrong_content_type_is_refused_with_the_three_forms(string contentType, string told)
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await door.RawAsync(FakeGrid.Image(1), contentType))
            .IsRefusal(415, "unsupported_image_format", null, told, "application/json", "image/*", "multipart/form-data");
    }

    [Fact]
    public async Task A_compressed_body_is_refused()
    {
        await using TestApi door = await TestApi.OpenAsync();
        ByteArrayContent content = new(FakeGrid.Image(1));
        content.Headers.ContentType = new("image/png");
        content.Headers.ContentEncoding.Add("gzip");
        (await door.SendAsync(content)).IsRefusal(415, "unsupported_image_format", null, "'gzip'", "uncompressed");
    }

    [Theory]
    [InlineData("multipart/form-data", "x", "boundary")]
    [InlineData("multipart/form-data; boundary=b", "no boundary in here", "malformed")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\ncut off", "malformed")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nnot a header\r\n\r\nx\r\n--b--\r\n", "malformed")]
    [InlineData(
        "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=model\r\n\r\nx\r\n--b--\r\n",
        "neither file nor input")]
    public async Task A_malformed_form_is_refused(string contentType, string body, string fact)
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await door.TextAsync(body, contentType)).IsRefusal(
            400, "invalid_request", fact == "neither file nor input" ? "input" : null, fact);
    }

    [Fact]
    public async Task An_empty_file_in_a_form_is_refused_by_its_place()
    {
        await using TestApi door = await TestApi.OpenAsync();
        using MultipartFormDataContent form =
            new() { { new ByteArrayContent(FakeGrid.Image(1)), "f", "a.png" }, { new ByteArrayContent([]), "f", "b.png" } };
        (await door.SendAsync(form)).IsRefusal(400, "image_decode_failed", "input[1]", "0 bytes");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_over_the_limit_is_refused_and_the_connection_serves_the_next_request(bool chunked)
    {
        await using TestApi door = await TestApi.OpenAsync(Small);
        using TcpClient tcp = new();
        await tcp.ConnectAsync("127.0.0.1", door.Http.BaseAddress!.Port);
        NetworkStream stream = tcp.GetStream();
        await stream.WriteAsync(Request(new byte[900_000], chunked));
        (string head, string body) = await ReadAnswerAsync(stream);
        Assert.StartsWith("HTTP/1.1 413", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Connection: close", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"code\":\"payload_too_large\"", body, StringComparison.Ordinal);
        Assert.Contains("200,000", body, StringComparison.Ordinal);
        await stream.WriteAsync(Request(FakeGrid.Image(1), chunked));
        Assert.StartsWith("HTTP/1.1 200", (await ReadAnswerAsync(stream)).Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_exactly_the_limit_is_taken()
    {
        await using TestApi door = await TestApi.OpenAsync(Small);
        Assert.Equal(200, (await door.RawAsync(new byte[200_000])).Status);
        (await door.RawAsync(new byte[200_001])).IsRefusal(413, "payload_too_large", null, "200,001", "200,000", "smaller");
    }

    [Fact]
    public async Task Bodies_that_would_hold_too_much_together_are_refused_with_429()
    {
        await using TestApi door = await TestApi.OpenAsync(
            new() { Http = new() { MaxBodyBytes = 3_000_000, MaxBufferedBytes = 1_000_000, MaxClientBytes = 1_000_000 } });
        Answer answer = await door.RawAsync(new byte[2_500_000]);
        answer.IsRefusal(429, "overloaded", null, "1,000,000", "MaxBufferedBytes");
        Assert.Equal("1", answer.Header("Retry-After"));
        Assert.Equal(200, (await door.RawAsync(FakeGrid.Image(1))).Status);
    }

    private static byte[] Request(byte[] body, bool chunked)
    {
        string length = chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {body.Length}";
        byte[] head = Encoding.ASCII.GetBytes(
            $"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n{length}\r\n\r\n");
        return chunked
            ? [.. head, .. Encoding.ASCII.GetBytes($"{body.Length:x}\r\n"), .. body, .. "\r\n0\r\n\r\n"u8]
            : [.. head, .. body];
    }

    /// <summary>Reads one answer: its head, then its body in one or several chunks or of the announced length.</summary>
    private static async Task<(string Head, string Body)> ReadAnswerAsync(NetworkStream stream)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        StringBuilder text = new();
        byte[] buffer = new byte[64 * 1024];
        while (!IsWhole(text.ToString()))
        {
            int read = await stream.ReadAsync(buffer, limit.Token);
            Assert.True(read > 0, $"the connection was closed after: {text}");
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        string[] parts = text.ToString().Split("\r\n\r\n", 2);
        return (parts[0], parts[1]);
    }

    private static bool IsWhole(string text)
    {
        string[] parts = text.Split("\r\n\r\n", 2);
        if (parts.Length < 2)
            return false;
        if (parts[0].Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
            return parts[1].EndsWith("0\r\n\r\n", StringComparison.Ordinal);
        string length = parts[0].Split("\r\n").Single(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        return Encoding.UTF8.GetByteCount(parts[1]) >= int.Parse(length[15..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
