using System.Net;

namespace VitGrid.Transport;

/// <summary>
/// How many links others have opened, in all and by their address. A known peer always has its place; what it takes is counted. Any thread.
/// </summary>
/// <param name="max">Most links of peers that are not known.</param>
/// <param name="maxPerAddress">Most of them from one address.</param>
internal sealed class LinkSlots(int max, int maxPerAddress)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _links = [];
    private int _count;

    /// <summary>Whether a link stands from that address.</summary>
    public bool Holds(IPAddress address)
    {
        lock (_gate)
            return _links.ContainsKey(address);
    }

    /// <summary>Takes a place.</summary>
    /// <returns>Null, or why there is none.</returns>
    public string? TryTake(IPAddress address, bool isKnown)
    {
        lock (_gate)
        {
            int own = _links.GetValueOrDefault(address);
            if (!isKnown && own >= maxPerAddress)
                return $"{own} links from {address} stand; allowed are {maxPerAddress} (VitGrid:DataPlane:MaxLinksPerAddress)";
            if (!isKnown && _count >= max)
                return $"{_count} links stand; allowed are {max} (VitGrid:DataPlane:MaxLinks)";
            _links[address] = own + 1;
            _count++;
            return null;
        }
    }

    /// <summary>Gives the place back.</summary>
    public void Free(IPAddress address)
    {
        lock (_gate)
        {
            _count--;
            if (--_links[address] == 0)
                _links.Remove(address);
        }
    }
}
