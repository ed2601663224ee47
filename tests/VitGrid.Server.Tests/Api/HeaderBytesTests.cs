using System.Net.Sockets;
using System.Text;
using FsCheck.Xunit;

namespace VitGrid.Server.Tests.Api;

/// <summary>Whatever bytes a header holds, a request is answered, and with an id.</summary>
public sealed class HeaderBytesTests(SharedApi shared) : IClassFixture<SharedApi>
{
    private static readonly string[] Paths = [
        "/health/live", "/health/ready", "/v1/models", "/v1/models/internvit-nano", "/v1/models/x", "/info", "/", "/v1/nothing"];

    private static readonly string[] Names = ["x-request-id", "User-Agent", "x-anything", "traceparent", "Authorization", "Accept"];

    [Property(MaxTest = 150)]
    public async Task<bool> A_header_of_any_bytes_is_answered_with_a_body_and_an_id(int seed)
    {
        Random random = new(seed);
        byte[] value = [.. Enumerable.Range(0, random.Next(1, 40)).Select(
            _ => (byte)(random.Next(3) == 0 ? random.Next(0x80, 0x100) : random.Next(0x21, 0x7F)))];
        string name = Names[random.Next(Names.Length)], path = Paths[random.Next(Paths.Length)];
        string answer = await AskAsync(path, name, value);
        bool isOurs = answer.Contains("\r\nx-request-id: req-", StringComparison.Ordinal);
        bool isTheirs = answer.Contains($"\r\nx-request-id: {Encoding.Latin1.GetString(value)}\r\n", StringComparison.Ordinal);
        bool isKept = name == "x-request-id" && value.All(letter => letter < 0x80);
        return (isKept ? isTheirs : isOurs) && answer.Split("\r\n\r\n", 2)[1].Length > 0
            && !answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("größe")]
    [InlineData("é")]
    [InlineData("\u0001x")]
    [InlineData("x\u007fy")]
    public async Task An_id_that_is_not_printable_ascii_is_replaced(string id)
    {
        foreach (Encoding encoding in (Encoding[])[Encoding.UTF8, Encoding.Latin1])
        {
            string answer = await AskAsync("/health/live", "x-request-id", encoding.GetBytes(id));
            Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
            Assert.Contains("\r\nx-request-id: req-", answer, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/v1/files?limit=many")]
    [InlineData("/v1/batches?limit=2.5")]
    public async Task A_query_that_cannot_be_read_is_refused_with_a_body(string path) =>
        (await shared.TestApi.GetAsync(path)).IsRefusal(400, "invalid_request", null, "limit");

    private async Task<string> AskAsync(string path, string header, byte[] value)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync("127.0.0.1", shared.TestApi.Http.BaseAddress!.Port);
        NetworkStream stream = tcp.GetStream();
        await stream.WriteAsync(
            (byte[])[.. Encoding.ASCII.GetBytes(
                $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}: "), .. value, .. "\r\n\r\n"u8]);
        using StreamReader reader = new(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }
}
