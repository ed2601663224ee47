using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VitGrid.LoadTest.Processes;

/// <summary>Commands of a line to a Redis or a sentinel on loopback, each over a connection of its own.</summary>
internal static class RedisLine
{
    /// <summary>The answer's first 512 bytes.</summary>
    public static string Send(int port, string command)
    {
        byte[] answer = new byte[512];
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
        socket.Send(Encoding.ASCII.GetBytes(command + "\r\n"));
        return Encoding.ASCII.GetString(answer, 0, socket.Receive(answer));
    }

    /// <summary>An answer of a few short texts and numbers; one that is not there is empty.</summary>
    public static string[] Ask(int port, string command)
    {
        string[] lines = Send(port, command).Split("\r\n");
        return [.. lines.Index().Where(line => line.Item is ['$' or ':', ..]).Select(
            line => line.Item == "$-1" ? "" : line.Item[0] == ':' ? line.Item[1..] : lines[line.Index + 1])];
    }
}
