using System.Net;
using System.Net.Sockets;

namespace VitGrid.LoadTest.Processes;

/// <summary>
/// Ports of 127.0.0.1 for servers that are started, killed and started again: below the range from which the system takes a port for an
/// outgoing connection, so that nobody sits on one meanwhile.
/// </summary>
internal static class Ports
{
    private const int Lowest = 15_000;
    private const int Highest = 30_000;
    private const int Tries = 1_000;

    /// <summary>Takes <paramref name="count"/> different ports that nobody listens on.</summary>
    /// <exception cref="InvalidOperationException">Too few are free.</exception>
    public static int[] Take(int count)
    {
        HashSet<int> free = [];
        for (int i = 0; i < Tries && free.Count < count; i++)
        {
            int port = Random.Shared.Next(Lowest, Highest);
            if (IsFree(port))
                free.Add(port);
        }
        return free.Count == count ? [.. free] : throw new InvalidOperationException(
            $"only {free.Count} of {count} ports are free between {Lowest} and {Highest} on 127.0.0.1 after {Tries} tries; end what "
                + $"listens there");
    }

    private static bool IsFree(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
