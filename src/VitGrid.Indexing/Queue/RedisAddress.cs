using System.Net;
using StackExchange.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>
/// An address of Redis as settings give it: HOST:PORT with StackExchange.Redis' options, or a URL,
/// <c>redis://USER:PASSWORD@HOST:PORT/DATABASE</c> and, with TLS, <c>rediss://</c>.
/// </summary>
public static class RedisAddress
{
    private const int StandardPort = 6379;

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <returns>The options of a connection.</returns>
    /// <exception cref="FormatException">It is none; the message holds no password.</exception>
    public static ConfigurationOptions Parse(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
            return ParseUrl(text);
        try
        {
            return ConfigurationOptions.Parse(text);
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"{exception.Message}; give HOST:PORT", exception);
        }
    }

    /// <summary>The servers an address names, without user, password and options.</summary>
    /// <param name="text">The address; it may be none.</param>
    /// <returns>HOST:PORT, comma-separated where there are several.</returns>
    public static string Describe(string text)
    {
        try
        {
            return string.Join(',', Parse(text).EndPoints.Select(
                end => end is DnsEndPoint name ? $"{name.Host}:{name.Port}" : end.ToString()));
        }
        catch (FormatException)
        {
            return text.Split(',')[0].Split('@')[^1];
        }
    }

    private static ConfigurationOptions ParseUrl(string text)
    {
        const string Form = "give redis://HOST:PORT, redis://USER:PASSWORD@HOST:PORT/DATABASE, or rediss:// for TLS";
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Host.Length == 0)
            throw new FormatException($"it is no URL of Redis; {Form}");
        if (url.Scheme is not ("redis" or "rediss"))
            throw new FormatException($"the scheme is '{url.Scheme}'; {Form}");
        if (url.Query.Length > 0 || url.Fragment.Length > 0)
            throw new FormatException($"what follows '?' or '#' is not read; {Form}, or HOST:PORT,option=value");
        ConfigurationOptions options = new() { Ssl = url.Scheme == "rediss", DefaultDatabase = Database(url, Form) };
        options.EndPoints.Add(url.Host.Trim('[', ']'), url.Port > 0 ? url.Port : StandardPort);
        if (options.Ssl)
            options.SslHost = url.Host.Trim('[', ']');
        Authenticate(options, url.UserInfo);
        return options;
    }

    private static int? Database(Uri url, string form)
    {
        string path = url.AbsolutePath.Trim('/');
        if (path.Length == 0)
            return null;
        return int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out int database)
            ? database
            : throw new FormatException($"the database is '{path}', not a number; {form}");
    }

    private static void Authenticate(ConfigurationOptions options, string userInfo)
    {
        if (userInfo.Length == 0)
            return;
        string[] parts = [.. userInfo.Split(':', 2).Select(Uri.UnescapeDataString)];
        options.User = parts[0].Length > 0 && parts.Length == 2 ? parts[0] : null;
        options.Password = parts[^1];
    }
}
