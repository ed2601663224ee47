using System.Net;
using System.Net.Sockets;

namespace VitGrid.Transport;

/// <summary>Where connections are until they have said whose they are; ends those that are to make room. Any thread.</summary>
/// <param name="limits">How many.</param>
/// <param name="isKnown">Whether a link stands from an address.</param>
internal sealed class GreetingRoom(DataPlaneOptions limits, Func<IPAddress, bool> isKnown)
{
    private readonly Lock _gate = new();
    private readonly GreetingBoard _board = new(limits.MaxGreetings, limits.MaxGreetingsPerAddress);
    private readonly Dictionary<Greeting, CancellationTokenSource> _under = new(ReferenceEqualityComparer.Instance);

    /// <summary>Greets a connection; completes when that is over.</summary>
    public async Task RunAsync(Socket socket, Greet greet, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Greeting greeting = new(Sockets.AddressOf(socket), isKnown(Sockets.AddressOf(socket)));
        Enter(greeting, ends);
        await greet(socket, ends.Token);
        Leave(greeting);
    }

    private void Enter(Greeting greeting, CancellationTokenSource ends)
    {
        CancellationTokenSource? victim = null;
        lock (_gate)
        {
            if (_board.Add(greeting) is { } oldest)
                _under.Remove(oldest, out victim);
            _under.Add(greeting, ends);
        }
        if (victim is not null)
            End(victim);
    }

    private void Leave(Greeting greeting)
    {
        lock (_gate)
        {
            _board.Remove(greeting);
            _under.Remove(greeting);
        }
    }

    private static void End(CancellationTokenSource victim)
    {
        try
        {
            victim.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was through in this moment.
        }
    }
}
