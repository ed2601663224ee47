using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VitGrid.Testing;

/// <summary>A web server on loopback that answers each path as a test says, byte for byte, and then closes the connection.</summary>
internal sealed class ImageSite : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly Dictionary<string, Func<Stream, CancellationToken, Task>> _paths = [];
    private readonly Task _accepting;
    private int _connections;

    public ImageSite()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => _connections;

    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Url(string path, string host = "images.test") => $"http://{host}:{Port}{path}";

    public ImageSite On(string path, string head, string body = "", bool hang = false)
    {
        _paths[path] = async (stream, cancellation) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n{body}"), cancellation);
            Asked.TrySetResult();
            if (hang)
                await Task.Delay(Timeout.Infinite, cancellation);
        };
        return this;
    }

    public ImageSite Image(string path, string body = "pixels") =>
        On(path, $"200 OK\r\nContent-Type: image/png\r\nContent-Length: {body.Length}", body);

    public ImageSite Redirect(string path, string to) => On(path, $"302 Found\r\nLocation: {to}\r\nContent-Length: 0");

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client = await _listener.AcceptTcpClientAsync(_over.Token);
            Interlocked.Increment(ref _connections);
            _ = AnswerAsync(client);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            NetworkStream stream = client.GetStream();
            using StreamReader reader = new(stream, leaveOpen: true);
            string path = (await reader.ReadLineAsync(_over.Token) ?? "").Split(' ') is [_, var asked, ..] ? asked : "/";
            while (await reader.ReadLineAsync(_over.Token) is { Length: > 0 })
            {
                // The rest of the head says nothing here.
            }
            await _paths[path](stream, _over.Token);
        }
    }
}
