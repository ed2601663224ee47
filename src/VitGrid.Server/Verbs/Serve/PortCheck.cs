using System.Net;
using System.Net.Sockets;

namespace VitGrid.Server.Verbs.Serve;

/// <summary>Says that an address is taken before a model is loaded and a silo started.</summary>
internal static class PortCheck
{
    /// <exception cref="VerbException">One of <paramref name="urls"/> cannot be listened on.</exception>
    public static void Ensure(IEnumerable<string> urls)
    {
        foreach (string url in urls)
            Ensure(url, BindingAddress.Parse(url));
    }

    private static void Ensure(string url, BindingAddress address)
    {
        if (address.Port == 0)
            return;
        IPAddress host = address.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(address.Host, out IPAddress? parsed)
            ? parsed : IPAddress.Any;
        try
        {
            using TcpListener probe = new(host, address.Port);
            probe.Start();
        }
        catch (SocketException exception)
        {
            throw new VerbException(
                $"{url} cannot be listened on: {exception.Message}; stop what listens there, or choose another address with --urls or "
                    + "--grpc-url, such as http://127.0.0.1:0 for any free port");
        }
    }
}
