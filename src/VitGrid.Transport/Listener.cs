using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace VitGrid.Transport;

/// <summary>Accepts connections on one socket and lets them be greeted, a bounded number at once.</summary>
internal sealed partial class Listener : IAsyncDisposable
{
    private const int GreetingsAtOnce = 64;

    private readonly Socket _socket;
    private readonly Func<Socket, CancellationToken, Task> _greet;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _slots = new(GreetingsAtOnce);
    private readonly Task _accepting;

    /// <summary>Starts on a socket that listens; <paramref name="greet"/> owns what it is given and throws nothing.</summary>
    public Listener(Socket socket, Func<Socket, CancellationToken, Task> greet, ILogger logger)
    {
        (_socket, _greet, _logger) = (socket, greet, logger);
        _accepting = Task.Run(AcceptAllAsync);
    }

    /// <summary>Accepts no more, and ends the greetings under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _accepting;
        for (int i = 0; i < GreetingsAtOnce; i++)
            await _slots.WaitAsync();
        _slots.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
            {
                await _slots.WaitAsync(_stopping.Token);
                _ = GreetAsync(await AcceptAsync());
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException
            || (_stopping.IsCancellationRequested && exception is ObjectDisposedException or SocketException))
        {
            // The socket may be gone before the token is looked at.
            _slots.Release();
        }
    }

    private async Task<Socket> AcceptAsync()
    {
        while (true)
        {
            try
            {
                return await _socket.AcceptAsync(_stopping.Token);
            }
            catch (SocketException exception) when (!_stopping.IsCancellationRequested)
            {
                LogAcceptFailed(exception);
                await Task.Delay(TimeSpan.FromMilliseconds(100), _stopping.Token);
            }
        }
    }

    private async Task GreetAsync(Socket socket)
    {
        await _greet(socket, _stopping.Token);
        _slots.Release();
    }

    [LoggerMessage(1021, LogLevel.Warning, "A connection to the data plane could not be accepted")]
    private partial void LogAcceptFailed(Exception failure);
}
