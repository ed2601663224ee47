using System.Net;
using System.Numerics;

namespace VitGrid.Transport;

/// <summary>How activations travel between the grid's processes.</summary>
public sealed record DataPlaneOptions
{
    /// <summary>
    /// IP address to listen on. Default 127.0.0.1; any other than loopback needs <see cref="Tls"/> or <see cref="AllowPlaintext"/>.
    /// </summary>
    public string ListenAddress { get; init; } = "127.0.0.1";

    /// <summary>TCP port. Default 0: any free one; range 0–65535.</summary>
    public int Port { get; init; }

    /// <summary>
    /// Name or address under which peers reach this process. Default null: <see cref="ListenAddress"/>; needed if that is every address.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Whether processes of one machine talk over a Unix socket. Default true.</summary>
    public bool UnixSocket { get; init; } = true;

    /// <summary>Certificates for TCP, asked of both sides. Default null: none.</summary>
    public DataPlaneTls? Tls { get; init; }

    /// <summary>
    /// Allows TCP without <see cref="Tls"/> beyond loopback: whoever reaches the port can then send and read activations. Default false.
    /// </summary>
    public bool AllowPlaintext { get; init; }

    /// <summary>How often a link that sends nothing else shows a sign of life, in milliseconds. Default 250; range 10–60,000.</summary>
    public int PingMilliseconds { get; init; } = 250;

    /// <summary>
    /// A peer from which nothing comes for so long is given up, in milliseconds. Default 1,500; range: twice
    /// <see cref="PingMilliseconds"/> to 600,000.
    /// </summary>
    public int SilenceMilliseconds { get; init; } = 1_500;

    /// <summary>Longest time until a link stands, handshake included, in milliseconds. Default 2,000; range 1–600,000.</summary>
    public int ConnectMilliseconds { get; init; } = 2_000;

    /// <summary>
    /// Longest time a link may take to hand over what was accepted before it was closed, in milliseconds. Default 5,000; range 1–600,000.
    /// </summary>
    public int CloseMilliseconds { get; init; } = 5_000;

    /// <summary>
    /// Largest body of a frame, in bytes. Default 1 GiB; range 1–2,147,479,552. A body that announces more ends its link.
    /// </summary>
    public int MaxBodyBytes { get; init; } = 1 << 30;

    /// <summary>Largest head of a frame, in bytes. Default 64 KiB; range 1 KiB–1 MiB. A head that announces more ends its link.</summary>
    public int MaxHeadBytes { get; init; } = 64 << 10;

    /// <summary>Native memory kept for the next frames, in bytes. Default 512 MiB; range 0–1 TiB.</summary>
    public long KeptBufferBytes { get; init; } = 512L << 20;

    /// <summary>Every fault, each naming the setting, its value and its bounds; empty when there is none.</summary>
    internal IReadOnlyList<string> Faults()
    {
        List<string> faults = [];
        CheckAddress(faults);
        InRange(faults, "DataPlane:Port", Port, 0, 65_535);
        InRange(faults, "DataPlane:PingMilliseconds", PingMilliseconds, 10, 60_000);
        InRange(faults, "DataPlane:SilenceMilliseconds", SilenceMilliseconds, 2 * PingMilliseconds, 600_000);
        InRange(faults, "DataPlane:ConnectMilliseconds", ConnectMilliseconds, 1, 600_000);
        InRange(faults, "DataPlane:CloseMilliseconds", CloseMilliseconds, 1, 600_000);
        InRange(faults, "DataPlane:MaxBodyBytes", MaxBodyBytes, 1, int.MaxValue - 4095);
        InRange(faults, "DataPlane:MaxHeadBytes", MaxHeadBytes, 1 << 10, 1 << 20);
        InRange(faults, "DataPlane:KeptBufferBytes", KeptBufferBytes, 0, 1L << 40);
        if (UnixSocket && Path.GetTempPath() is { Length: > SocketFolder.MaxBaseLength } temp)
            faults.Add($"the temp folder's path '{temp}' has {temp.Length} characters, a Unix socket's may have "
                + $"{SocketFolder.MaxBaseLength}; set TMPDIR to a shorter one, or DataPlane:UnixSocket to false");
        faults.AddRange(Tls?.Faults() ?? []);
        return faults;
    }

    private void CheckAddress(List<string> faults)
    {
        if (!IPAddress.TryParse(ListenAddress, out IPAddress? address))
        {
            faults.Add($"DataPlane:ListenAddress is '{ListenAddress}'; give an IP address, such as 127.0.0.1 or 0.0.0.0");
            return;
        }
        if (AdvertisedHost is null && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
            faults.Add($"DataPlane:ListenAddress is {ListenAddress}, which peers cannot reach by that name; set DataPlane:AdvertisedHost");
        if (Tls is null && !AllowPlaintext && !IPAddress.IsLoopback(address))
            faults.Add($"DataPlane:ListenAddress is {ListenAddress}, beyond loopback and without DataPlane:Tls; configure certificates, or "
                + $"set DataPlane:AllowPlaintext in a network you trust");
    }

    private static void InRange<T>(List<string> faults, string setting, T value, T min, T max)
        where T : INumber<T>
    {
        if (value < min || value > max)
            faults.Add($"{setting} is {value}; allowed is {min} to {max}");
    }
}
