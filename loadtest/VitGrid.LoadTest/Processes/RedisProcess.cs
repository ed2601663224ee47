using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VitGrid.LoadTest.Processes;

/// <summary>A <c>redis-server</c> with an append-only file in a folder of its own: what it was told outlives its death.</summary>
internal sealed class RedisProcess : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly int _port;
    private readonly string _folder;
    private ChildProcess _process;

    private RedisProcess(int port, string folder, string[] settings)
    {
        (_port, _folder) = (port, folder);
        _process = Launch(settings);
    }

    /// <summary>Where it listens on loopback.</summary>
    public int Port => _port;

    /// <summary>Host and port, as <c>--redis</c> takes it.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>Starts it with an empty memory in <paramref name="folder"/> and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">It did not answer in 20 seconds.</exception>
    public static async Task<RedisProcess> StartAsync(
        int port, string folder, CancellationToken cancellationToken, params string[] settings)
    {
        Directory.CreateDirectory(folder);
        RedisProcess redis = new(port, folder, settings);
        try
        {
            await redis.WaitUntilReadyAsync(cancellationToken);
            return redis;
        }
        catch
        {
            redis.Dispose();
            throw;
        }
    }

    /// <summary>Sends a signal by its name, such as <c>STOP</c>.</summary>
    public void Signal(string name) => _process.Signal(name);

    /// <summary>Gives it a command of a line and waits for an answer.</summary>
    public void Tell(string command) => RedisLine.Send(_port, command);

    /// <summary>Gives it a command of a line that answers with a few short texts and numbers; one that is not there is empty.</summary>
    public string[] Ask(string command) => RedisLine.Ask(_port, command);

    /// <summary>Kills it, as a crash would.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Signal("KILL");
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Starts it again on what its file holds and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">It did not answer in 20 seconds.</exception>
    public Task StartAgainAsync(CancellationToken cancellationToken, params string[] settings)
    {
        _process.Dispose();
        _process = Launch(settings);
        return WaitUntilReadyAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    private ChildProcess Launch(string[] settings)
    {
        string[] arguments =
        [
            "--port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", Path.GetFullPath(
                _folder), "--appendonly", "yes", "--save", "",
            .. settings,
        ];
        return ChildProcess.Start("redis-server", arguments, Path.Combine(_folder, "redis.log"));
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!await AnswersAsync(cancellationToken))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(begun) > Timeout)
                throw new InvalidOperationException(
                    $"redis-server at {Address} did not answer:{Environment.NewLine}{_process.LastLines()}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        byte[] answer = new byte[64];
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port), cancellationToken);
            await socket.SendAsync("PING\r\n"u8.ToArray(), cancellationToken);
            int length = await socket.ReceiveAsync(answer, cancellationToken);
            return Encoding.ASCII.GetString(answer, 0, length).StartsWith("+PONG", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
