using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace VitGrid.Transport;

/// <summary>Listens on a Unix socket for processes of this machine, and sees to it that the socket stays where it was told to be.</summary>
internal sealed partial class UnixEndpoint : IAsyncDisposable
{
    /// <summary>Time between two looks; systems that sweep do so by the day.</summary>
    public static readonly TimeSpan Round = TimeSpan.FromMinutes(10);

    private readonly SocketFolder _folder = new();
    private readonly GreetingRoom _room;
    private readonly Greet _greet;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly Task _keeping;
    private Listener? _listener;

    /// <summary>Listens from now on; <paramref name="greet"/> owns what it is given and throws nothing.</summary>
    public UnixEndpoint(GreetingRoom room, Greet greet, TimeProvider time, ILogger logger)
    {
        (_room, _greet, _logger, _timer) = (room, greet, logger, new(Round, time));
        _listener = Listen();
        _keeping = KeepAsync();
    }

    /// <summary>Path of the socket; it stays the same.</summary>
    public string Path => _folder.Path;

    /// <summary>Accepts no more, and ends the greetings under way.</summary>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _keeping;
        await EndListeningAsync();
        _folder.Dispose();
    }

    private Listener Listen() => new(Sockets.Listen(Sockets.Unix(), _folder.EndPoint()), _room, _greet, _logger);

    private async ValueTask EndListeningAsync()
    {
        if (Interlocked.Exchange(ref _listener, null) is { } listener)
            await listener.DisposeAsync();
    }

    private async Task KeepAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            if (!_folder.Touch())
                await RestoreAsync();
        }
    }

    /// <summary>Peers come over TCP meanwhile, and also where this fails.</summary>
    private async Task RestoreAsync()
    {
        try
        {
            // A socket that ends deletes what stands at its path, which must not be the new one.
            await EndListeningAsync();
            _folder.Restore();
            _listener = Listen();
            LogRestored(Path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SocketException)
        {
            LogNotRestored(Path, failure.Message);
        }
    }

    [LoggerMessage(1041, LogLevel.Information, "The socket {Path} was deleted by somebody and is there again")]
    private partial void LogRestored(string path);

    [LoggerMessage(1042, LogLevel.Warning,
        "The socket {Path} was deleted by somebody and cannot be made again ({Reason}); processes of this machine come over TCP")]
    private partial void LogNotRestored(string path, string reason);
}
