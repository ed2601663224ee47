using System.Net;

namespace VitGrid.Indexing.Sinks.Postgres;

/// <summary>A database server as a connection or a setting names it.</summary>
/// <param name="Name">Its name or address, or the folder of its Unix socket.</param>
/// <param name="Port">Its port; null: any.</param>
internal readonly record struct SinkHost(string Name, int? Port)
{
    /// <summary>Whether it is this machine, so that nobody else hears what is sent.</summary>
    public bool IsLocal => Name[0] is '/' or '@' || Name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Name, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>Reads <c>HOST</c>, <c>HOST:PORT</c>, <c>[IPV6]:PORT</c>, or a folder.</summary>
    /// <param name="text">One of them.</param>
    /// <param name="port">The port where the text names none.</param>
    public static SinkHost Parse(string text, int? port = null)
    {
        text = text.Trim();
        int colon = text.LastIndexOf(':');
        bool hasPort = colon > 0 && text[0] is not ('/' or '@') && (text[colon - 1] == ']' || text.IndexOf(':') == colon);
        int? named = hasPort && int.TryParse(text[(colon + 1)..], CultureInfo.InvariantCulture, out int number) ? number : null;
        return new((hasPort ? text[..colon] : text).Trim('[', ']'), named ?? port);
    }

    /// <summary>Whether <paramref name="other"/> is this server, or one of its ports where this names none.</summary>
    public bool Covers(SinkHost other) =>
        Name.Equals(other.Name, StringComparison.OrdinalIgnoreCase) && (Port is null || Port == other.Port);
}
