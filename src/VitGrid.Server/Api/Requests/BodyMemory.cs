using System.Net;
using System.Net.Sockets;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// Counts the bytes of all bodies that are being read, and of each client's, and refuses what would pass a bound. The last eighth of each
/// bound is for small buffers alone, so that large bodies which come slowly leave room for others. Any thread may call.
/// </summary>
/// <param name="maxBytes">Bytes of all.</param>
/// <param name="maxClientBytes">Bytes of one client.</param>
internal sealed class BodyMemory(long maxBytes, long maxClientBytes)
{
    /// <summary>What a buffer may have to use the last eighth: most images, whole.</summary>
    public const int MaxSmallBytes = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _clients = new(StringComparer.Ordinal);
    private long _held;

    /// <summary>The bounds that are configured.</summary>
    public static BodyMemory From(HttpOptions http) =>
        new(http.MaxBufferedBytes, http.MaxClientBytes > 0 ? http.MaxClientBytes : http.MaxBufferedBytes / 2);

    /// <summary>Bytes of all bodies now.</summary>
    public long Held
    {
        get
        {
            lock (_lock)
                return _held;
        }
    }

    /// <summary>Clients that hold something now.</summary>
    public int Clients
    {
        get
        {
            lock (_lock)
                return _clients.Count;
        }
    }

    /// <summary>The share of whoever sent a request: of its key, else of its address.</summary>
    public BodyShare For(HttpContext context) => new(this, ClientOf(context));

    /// <exception cref="ApiException">A bound would be passed; nothing was taken.</exception>
    internal void Reserve(string client, long bytes)
    {
        lock (_lock)
        {
            long own = _clients.GetValueOrDefault(client);
            if (!Fits(_held, bytes, maxBytes))
                throw Full("all request bodies being read", _held + bytes, maxBytes, "VitGrid:Http:MaxBufferedBytes");
            if (!Fits(own, bytes, maxClientBytes))
                throw Full("your request bodies being read", own + bytes, maxClientBytes, "VitGrid:Http:MaxClientBytes");
            _held += bytes;
            _clients[client] = own + bytes;
        }
    }

    internal void Give(string client, long bytes)
    {
        if (bytes == 0)
            return;
        lock (_lock)
        {
            _held -= bytes;
            if ((_clients[client] -= bytes) == 0)
                _clients.Remove(client);
        }
    }

    private static bool Fits(long held, long bytes, long bound) => held + bytes <= (bytes <= MaxSmallBytes ? bound : bound - (bound / 8));

    private static ApiException Full(string what, long bytes, long bound, string setting) => new(ApiCode.Overloaded,
        $"{what} would hold {bytes:N0} bytes, the limit is {bound:N0} ({setting}), an eighth of it for bodies up to "
            + $"{MaxSmallBytes:N0} alone; try again in a moment");

    private static string ClientOf(HttpContext context) => context.Caller().Tenant is { Length: > 0 } tenant
        ? $"tenant {tenant}" : NetworkOf(context.Connection.RemoteIpAddress);

    /// <summary>Whoever has an IPv6 address has its /64 whole.</summary>
    private static string NetworkOf(IPAddress? address) => address switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        _ => address.ToString(),
    };
}

/// <summary>The part of <see cref="BodyMemory"/> that one client holds.</summary>
internal sealed class BodyShare(BodyMemory memory, string client)
{
    /// <summary>A share that nothing bounds, for what is no request.</summary>
    public static BodyShare Unbounded => new(new(long.MaxValue, long.MaxValue), "");

    /// <exception cref="ApiException">A bound would be passed; nothing was taken.</exception>
    public void Reserve(long bytes) => memory.Reserve(client, bytes);

    /// <summary>Gives back what was reserved.</summary>
    public void Give(long bytes) => memory.Give(client, bytes);
}
