using System.Net;
using Microsoft.Extensions.Primitives;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Origins;

/// <summary>
/// The names under which this server may be asked: loopback's, every IP address, and those that the operator listed. A page of another name
/// that was made to resolve to this machine (DNS rebinding) cannot call the server by an address, since browsers send the page's name.
/// Immutable.
/// </summary>
internal sealed class HostNames
{
    private readonly List<StringSegment> _patterns;

    /// <param name="http">The names listed, and those that are listened on.</param>
    /// <param name="grpc">Where gRPC is listened on; null: nowhere of its own.</param>
    public HostNames(HttpOptions http, string? grpc = null)
    {
        IEnumerable<string> listened = http.Urls.Concat(grpc is null ? [] : [grpc]).Select(url => BindingAddress.Parse(url).Host)
            .Where(host => host is not ("*" or "+"));
        _patterns = [.. listened.Concat(http.Hosts).Append("localhost").Select(name => new StringSegment(name))];
    }

    /// <summary>
    /// Whether the host of a request is one of them; its port and a dot at its end do not count. A request without a host (HTTP/1.0) names
    /// no other.
    /// </summary>
    public bool Contain(HostString host)
    {
        string name = host.Host;
        return name.Length == 0 || IsAddress(name) || HostString.MatchesAny(name.EndsWith('.') ? name[..^1] : name, _patterns);
    }

    /// <summary>Whether it is an address as browsers write one, so that no resolver is asked for it.</summary>
    private static bool IsAddress(string name) => name.StartsWith('[')
        ? name.EndsWith(']') && IPAddress.TryParse(name.AsSpan(1, name.Length - 2), out _)
        : IPAddress.TryParse(name, out IPAddress? address) && address.ToString() == name;
}
