using System.Net;
using VitGrid.Access.Options;

namespace VitGrid.Server.Hosting.Access;

/// <summary>Whether requests need keys, by the settings and by where the server listens. Pure.</summary>
/// <param name="IsRequired">Whether they do.</param>
/// <param name="Exposed">The first address beyond loopback; null: there is none.</param>
internal sealed record AccessDecision(bool IsRequired, string? Exposed)
{
    /// <summary>Decides.</summary>
    /// <param name="mode">What was configured; null: by the addresses.</param>
    /// <param name="urls">Where the server listens.</param>
    public static AccessDecision From(AuthMode? mode, IEnumerable<string> urls)
    {
        string? exposed = urls.FirstOrDefault(url => !IsLoopback(url));
        return new(mode is { } said ? said == AuthMode.Required : exposed is not null, exposed);
    }

    /// <summary>Names other than <c>localhost</c> are taken for addresses of a network.</summary>
    private static bool IsLoopback(string url)
    {
        BindingAddress address = BindingAddress.Parse(url);
        return address.IsUnixPipe || string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(address.Host, out IPAddress? number) && IPAddress.IsLoopback(number));
    }
}
