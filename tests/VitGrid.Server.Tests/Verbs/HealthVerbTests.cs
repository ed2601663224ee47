using System.Net;
using System.Net.Sockets;
using System.Text;
using VitGrid.Engine.Models;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Verbs;

/// <summary><c>vitgrid health</c> against the real front end, and against what is not one.</summary>
public sealed class HealthVerbTests
{
    [Fact]
    public async Task A_server_that_is_ready_gives_its_answer_on_one_line_and_code_0()
    {
        await using TestApi door = await TestApi.OpenAsync();

        VerbRun run = await VerbRun.RunAsync("health", "--url", new Uri(door.Http.BaseAddress!, "/health/ready").ToString());

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("200 {\"status\":\"ready\"", Assert.Single(run.Lines), StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task A_server_whose_model_is_still_loading_gives_503_and_code_1()
    {
        await using TestApi door = await TestApi.OpenAsync(
            grid: new FakeGrid { Models = [FakeGrid.Model("internvit-nano", ModelState.Loading)] });

        VerbRun run = await VerbRun.RunAsync("health", "--url", new Uri(door.Http.BaseAddress!, "/health/ready").ToString());

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("503 {\"status\":\"loading\"", Assert.Single(run.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_is_not_health()
    {
        VerbRun run = await AskAsync(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("302", Assert.Single(run.Lines));
    }

    [Fact]
    public async Task An_answer_of_many_lines_is_shown_as_one_and_cut()
    {
        string body = "first\n  second\n" + new string('x', 1_000);

        VerbRun run = await AskAsync($"HTTP/1.1 500 Oops\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");

        string line = Assert.Single(run.Lines);
        Assert.StartsWith("500 first second xxx", line, StringComparison.Ordinal);
        Assert.EndsWith("x…", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 100, 310);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named_with_code_1()
    {
        using Socket closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        VerbRun run = await VerbRun.RunAsync("health", "--url", $"http://{closed.LocalEndPoint}/health/ready");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"http://{closed.LocalEndPoint}/health/ready cannot be asked: Connection refused", run.Error,
            StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task A_server_that_accepts_and_says_nothing_is_given_up_on()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();

        VerbRun run = await VerbRun.RunAsync("health", "--timeout-ms", "50", "--url", $"http://{silent.LocalEndpoint}/health/live");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("gave no answer within 50 ms; raise --timeout-ms", run.Error, StringComparison.Ordinal);
    }

    private static async Task<VerbRun> AskAsync(string rawAnswer)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task<VerbRun> asking = VerbRun.RunAsync("health", "--url", $"http://{listener.LocalEndpoint}/");
        using TcpClient client = await listener.AcceptTcpClientAsync();
        await using NetworkStream stream = client.GetStream();
        // The request is read first, or closing would reset the connection under it.
        byte[] request = new byte[4_096];
        _ = await stream.ReadAsync(request);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(rawAnswer));
        return await asking;
    }
}
