using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace VitGrid.Redis;

/// <summary>
/// Reads where a Redis is: <c>HOST:PORT</c>, a URL (<c>redis://</c>, with TLS <c>rediss://</c>), or a StackExchange.Redis
/// configuration.
/// </summary>
public static partial class RedisAddress
{
    private const int StandardPort = 6379;
    private const string Escapes = "In a URL's password write / as %2F, @ as %40, # as %23 and ? as %3F";
    private const string Forms =
        "give HOST:PORT, redis://USER:PASSWORD@HOST:PORT/DB, the same with rediss:// for TLS, or a StackExchange.Redis configuration";

    /// <summary>
    /// Reads <paramref name="redis"/>. Connections made with the result are kept up: a Redis that is away is tried again and again.
    /// </summary>
    /// <param name="redis">The address.</param>
    /// <param name="login">What stands in files beside it; null: nothing.</param>
    /// <exception cref="FormatException">
    /// It is none, or a file cannot be used; the message says what follows a setting's name and holds no password.
    /// </exception>
    public static ConfigurationOptions Parse(string redis, RedisLogin? login = null)
    {
        ArgumentNullException.ThrowIfNull(redis);
        try
        {
            bool isUrl = redis.Contains("://", StringComparison.Ordinal);
            ConfigurationOptions options = isUrl ? FromUrl(redis) : ConfigurationOptions.Parse(redis);
            if (options.EndPoints.Count == 0)
                throw new FormatException("it names no host");
            // Redis may be restarted while the grid runs.
            options.AbortOnConnectFail = false;
            login?.ApplyTo(options);
            return options;
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException)
        {
            // What was caught may quote the password, and so it is not passed on.
            throw new FormatException($"is '{Describe(redis)}': {Hide(malformed.Message, redis)}; {Forms}");
        }
    }

    /// <summary>Whether a text is an address.</summary>
    public static bool IsOne(string redis)
    {
        try
        {
            Parse(redis);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>The address as messages show it: without user, password and whatever else stands beside hosts and ports.</summary>
    /// <param name="redis">The address; it may be none.</param>
    public static string Describe(string redis)
    {
        ArgumentNullException.ThrowIfNull(redis);
        int scheme = redis.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            string[] parts = redis.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return string.Join(',', parts.Where(part => !part.Contains('=', StringComparison.Ordinal)));
        }
        string rest = redis[(scheme + 3)..];
        // A password may hold any character, '/' and '?' included: nothing before the last '@' is shown.
        rest = rest[(rest.LastIndexOf('@') + 1)..];
        return $"{redis[..scheme]}://{rest.Split('?', 2)[0]}";
    }

    /// <summary>Name or address of the first server.</summary>
    /// <exception cref="FormatException">The address is malformed.</exception>
    public static string FirstHost(string redis) => Parse(redis).EndPoints[0] switch
    {
        DnsEndPoint named => named.Host,
        IPEndPoint numbered => numbered.Address.ToString(),
        EndPoint other => other.ToString() ?? "",
    };

    private static ConfigurationOptions FromUrl(string redis)
    {
        if (!Uri.TryCreate(redis, UriKind.Absolute, out Uri? url) || url.Host.Length == 0)
            throw new FormatException($"it is no URL with a host. {Escapes}");
        if (url.Scheme is not ("redis" or "rediss"))
            throw new FormatException($"{url.Scheme}:// is not read here");
        if (url.Fragment.Length > 0)
            throw new FormatException(Escapes);
        if (url.Query.Length > 0)
            throw new FormatException(
                "a query after '?' is not read here; write it as a StackExchange.Redis configuration instead, "
                + "such as HOST:PORT,connectTimeout=2000");
        ConfigurationOptions options = new() { Ssl = url.Scheme == "rediss", DefaultDatabase = Database(url) };
        options.EndPoints.Add(url.IdnHost.Trim('[', ']'), url.Port < 0 ? StandardPort : url.Port);
        if (options.Ssl)
            options.SslHost = url.IdnHost.Trim('[', ']');
        (options.User, options.Password) = Credentials(url.UserInfo);
        return options;
    }

    /// <summary><c>USER:PASSWORD</c>, <c>:PASSWORD</c>, or, as <c>redis-cli</c> reads it, a password alone.</summary>
    private static (string? User, string? Password) Credentials(string text)
    {
        string[] parts = text.Split(':', 2);
        return (parts.Length == 2 ? Value(parts[0]) : null, Value(parts[^1]));

        static string? Value(string part) => part.Length == 0 ? null : Uri.UnescapeDataString(part);
    }

    private static int? Database(Uri url)
    {
        string path = url.AbsolutePath.Trim('/');
        if (path.Length == 0)
            return null;
        return int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out int database)
            ? database
            : throw new FormatException($"what follows the host is no number of a database. {Escapes}");
    }

    private static string Hide(string message, string redis) =>
        message.Contains(redis, StringComparison.Ordinal)
            || Secret().Matches(redis).Any(secret => message.Contains(secret.Groups[1].Value, StringComparison.Ordinal))
            ? "it cannot be read"
            : message;

    [GeneratedRegex(@"(?:password|user)\s*=\s*([^,]+)", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();
}
