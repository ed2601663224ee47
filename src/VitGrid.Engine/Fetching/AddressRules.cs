using System.Net;
using System.Net.Sockets;

namespace VitGrid.Engine.Fetching;

/// <summary>
/// Which addresses may be connected to: public ones, and those in ranges that were named. An IPv6 address that carries an IPv4 address
/// (mapped, compatible, 6to4, NAT64) is judged as that one. Pure.
/// </summary>
internal sealed class AddressRules(IEnumerable<string> allowed)
{
    // IANA's special-purpose registries; 169.254.0.0/16 holds the clouds' metadata.
    private static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            // Azure's platform services, on an address that looks public.
            "168.63.129.16/32",
            "2001::/23", "2001:db8::/32", "3fff::/20",
        }.Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Compatible = IPNetwork.Parse("::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    private readonly IPNetwork[] _allowed = [.. allowed.Select(IPNetwork.Parse)];

    public bool Allows(IPAddress address)
    {
        IPAddress plain = Carried(address);
        return IsPublic(plain) || _allowed.Any(range => range.Contains(plain) || range.Contains(address));
    }

    private static bool IsPublic(IPAddress address) =>
        (address.AddressFamily == AddressFamily.InterNetwork || Global6.Contains(address))
            && !NotPublic.Any(range => range.Contains(address));

    /// <summary>The IPv4 address that an IPv6 one stands for; any other as it is, without its zone.</summary>
    private static IPAddress Carried(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        byte[] bytes = address.GetAddressBytes();
        // Without the zone, which would keep it out of every range.
        IPAddress bare = new(bytes);
        return SixToFour.Contains(bare) ? new(bytes.AsSpan(2, 4))
            : Nat64.Contains(bare) || (Compatible.Contains(bare) && !bare.Equals(IPAddress.IPv6Loopback)) ? new(bytes.AsSpan(12, 4))
            : bare;
    }
}
