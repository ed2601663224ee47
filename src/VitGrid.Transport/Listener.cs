using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace VitGrid.Transport;

/// <summary>Greets one connection, which it owns from then on; throws nothing.</summary>
internal delegate Task Greet(Socket socket, CancellationToken cancellationToken);

/// <summary>Accepts connections on one socket and lets them be greeted, as many at once as the <see cref="GreetingBoard"/> lets.</summary>
internal sealed partial class Listener : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly GreetingRoom _room;
    private readonly Greet _greet;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    /// <summary>Starts on a socket that listens.</summary>
    public Listener(Socket socket, GreetingRoom room, Greet greet, ILogger logger)
    {
        (_socket, _room, _greet, _logger) = (socket, room, greet, logger);
        _accepting = Task.Run(AcceptAllAsync);
    }

    /// <summary>Accepts no more, and ends the greetings under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAllAsync()
    {
        HashSet<Task> greetings = [];
        try
        {
            while (true)
            {
                Socket socket = await AcceptAsync();
                greetings.RemoveWhere(greeting => greeting.IsCompleted);
                greetings.Add(_room.RunAsync(socket, _greet, _stopping.Token));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException
            || (_stopping.IsCancellationRequested && exception is ObjectDisposedException or SocketException))
        {
            // The socket may be gone before the token is looked at.
            await Task.WhenAll(greetings);
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

    [LoggerMessage(1021, LogLevel.Warning, "A connection to the data plane could not be accepted")]
    private partial void LogAcceptFailed(Exception failure);
}
