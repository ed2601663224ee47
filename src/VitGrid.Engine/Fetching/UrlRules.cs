using VitGrid.Engine.Options;

namespace VitGrid.Engine.Fetching;

/// <summary>
/// What a URL must look like to be fetched, the first one and each it is redirected to. Where its host leads is judged when it is
/// connected to. Pure.
/// </summary>
public sealed class UrlRules(UrlFetchOptions options)
{
    private const int MaxUrlLength = 8_192;
    private const int MaxShownLength = 160;

    private readonly HostRules _hosts = new(options.Hosts);
    private readonly HashSet<int> _ports = [.. options.Ports.Select(port => int.Parse(port, CultureInfo.InvariantCulture))];

    /// <summary>The URL as it may be asked for.</summary>
    /// <exception cref="UrlFetchException">It may not.</exception>
    internal Uri Check(string url)
    {
        if (!options.Enabled)
            throw Refused($"'{Show(url)}' is a URL, and this process fetches none (VitGrid:UrlFetch:Enabled); send the image itself as "
                + $"data:image/…;base64,…");
        if (url.Length > MaxUrlLength)
            throw Refused($"the URL has {url.Length} characters, the limit is {MaxUrlLength}; send the image itself as "
                + $"data:image/…;base64,…");
        return Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed)
            ? Check(parsed) : throw Refused($"'{Show(url)}' is no URL; send https://HOST/PATH");
    }

    /// <exception cref="UrlFetchException">It may not be asked for.</exception>
    internal Uri Check(Uri url)
    {
        string shown = Show(url.OriginalString);
        if (url.Scheme != Uri.UriSchemeHttps && !(options.AllowHttp && url.Scheme == Uri.UriSchemeHttp))
            throw Refused($"'{shown}' is not fetched: only "
                + $"https{(options.AllowHttp ? " and http are" : " is (VitGrid:UrlFetch:AllowHttp)")}");
        if (url.UserInfo.Length > 0)
            throw Refused($"the URL at host '{url.IdnHost}' holds a user or password, which is not sent; use a signed URL");
        if (!(_ports.Count == 0 ? url.IsDefaultPort : _ports.Contains(url.Port)))
            throw Refused($"'{shown}' names port {url.Port}, which is not fetched from (VitGrid:UrlFetch:Ports)");
        if (!_hosts.Allows(url.IdnHost))
            throw Refused($"host '{url.IdnHost}' is not fetched from; the hosts that are stand in VitGrid:UrlFetch:Hosts");
        return url;
    }

    /// <summary>A URL without its query, which may be a signature, or its credentials; short and printable.</summary>
    public static string Show(string url)
    {
        int end = url.AsSpan().IndexOfAny('?', '#');
        string text = end < 0 ? url : url[..end];
        int slashes = text.IndexOf("://", StringComparison.Ordinal) + 3;
        int at = slashes < 3 ? -1 : text.IndexOf('@', slashes);
        text = at < 0 ? text : $"{text[..slashes]}…{text[at..]}";
        text = string.Concat(text.Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '?' : letter));
        return text.Length > MaxShownLength ? $"{text[..MaxShownLength]}…" : text;
    }

    private static UrlFetchException Refused(string message) => new(UrlFault.NotAllowed, message);
}
