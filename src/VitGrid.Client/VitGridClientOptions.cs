using Microsoft.Extensions.Options;

namespace VitGrid.Client;

/// <summary>Where a VitGrid server is, and how patient its client.</summary>
public sealed class VitGridClientOptions
{
    /// <summary>The section of a program's configuration that holds them; a named client's stand in its section of that name.</summary>
    public const string Section = "VitGridClient";

    /// <summary>How long a connection is used, so that changes of DNS are seen.</summary>
    internal static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(24);
    private static readonly string[] Schemes = ["http", "https", "https+http", "http+https"];

    /// <summary>
    /// The server's root, e.g. <c>http://127.0.0.1:8080</c>; required. With service discovery also <c>https+http://name</c>.
    /// </summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The API key; null sends none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The model of requests that name none; null leaves it to the server.</summary>
    public string? Model { get; set; }

    /// <summary>
    /// Time for a call with all its retries, default 100 s; above 0, at most 24 h. By default a server gives a request up after 60 s.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>How often a request is repeated that was refused for the moment or found no connection; 0–20, default 3.</summary>
    public int MaxRetries { get; set; } = 3;

    /// <summary>
    /// The longest wait before a request is repeated, default 30 s; above 0, at most 24 h. A server that asks for more has refused.
    /// </summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Reads the address of a server.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    internal static Uri ParseEndpoint(string? endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? address)
            ? address
            : throw new ArgumentException(
                $"'{endpoint}' is no absolute URL; give the server's root, such as http://127.0.0.1:8080", nameof(endpoint));
    }

    /// <summary>What is wrong with them, all at once.</summary>
    internal IEnumerable<string> Faults()
    {
        if (Endpoint is null)
            yield return $"{nameof(Endpoint)} is missing; give the server's root, such as http://127.0.0.1:8080";
        else if (!Endpoint.IsAbsoluteUri || !Schemes.Contains(Endpoint.Scheme))
            yield return $"{nameof(Endpoint)} is '{Endpoint}'; give an absolute URL of http or https, such as http://127.0.0.1:8080";
        else if (Endpoint.Query.Length > 0 || Endpoint.Fragment.Length > 0)
            yield return $"{nameof(Endpoint)} is '{Endpoint}'; give the server's root, without query and fragment";
        if (Timeout <= TimeSpan.Zero || Timeout > MaxTimeout)
            yield return $"{nameof(Timeout)} is {Timeout}; give above 0, at most {MaxTimeout.TotalHours} h";
        if (MaxRetries is < 0 or > 20)
            yield return $"{nameof(MaxRetries)} is {MaxRetries}; give 0 to 20";
        if (MaxRetryDelay <= TimeSpan.Zero || MaxRetryDelay > MaxTimeout)
            yield return $"{nameof(MaxRetryDelay)} is {MaxRetryDelay}; give above 0, at most {MaxTimeout.TotalHours} h";
    }

    /// <summary>Tells an <see cref="HttpClient"/> where the server is and how long a call may take.</summary>
    internal void Apply(HttpClient http)
    {
        // Relative paths are put beneath a base that ends in a slash, and beside one that does not.
        string root = Endpoint!.AbsoluteUri;
        http.BaseAddress = new(root.EndsWith('/') ? root : $"{root}/");
        http.Timeout = Timeout;
    }

    /// <summary>
    /// Takes over what a connection string says: <c>Endpoint=http://…;Key=…;Model=…</c>, each of which may be left out, or the address
    /// alone.
    /// </summary>
    /// <exception cref="FormatException">It is neither.</exception>
    internal void Connect(string connection)
    {
        if (!connection.Contains('=', StringComparison.Ordinal) || connection.Contains("://", StringComparison.Ordinal)
            && connection.IndexOf("://", StringComparison.Ordinal) < connection.IndexOf('=', StringComparison.Ordinal))
        {
            Endpoint = Address(connection.Trim());
            return;
        }
        foreach (string part in connection.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            (string name, string value) = part.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
                ? (part[..at].Trim(), part[(at + 1)..].Trim())
                : throw new FormatException($"'{part}' of the connection string has no value; {Forms}");
            if (name.Equals("Endpoint", StringComparison.OrdinalIgnoreCase))
                Endpoint = Address(value);
            else if (name.Equals("Key", StringComparison.OrdinalIgnoreCase))
                ApiKey = value;
            else if (name.Equals("Model", StringComparison.OrdinalIgnoreCase))
                Model = value;
            else
                throw new FormatException($"'{name}' in the connection string is not known; {Forms}");
        }
    }

    private const string Forms = "it is Endpoint=http://HOST:PORT;Key=KEY;Model=NAME, or the address alone";

    private static Uri Address(string value) => Uri.TryCreate(value, UriKind.Absolute, out Uri? address)
        ? address
        : throw new FormatException($"the connection string names '{value}' as address, which is no absolute URL; {Forms}");
}

/// <summary>Refuses options at the program's start, with all their faults.</summary>
internal sealed class VitGridClientOptionsValidator(string? name) : IValidateOptions<VitGridClientOptions>
{
    public ValidateOptionsResult Validate(string? name1, VitGridClientOptions options)
    {
        if (name1 != name)
            return ValidateOptionsResult.Skip;
        string whose = string.IsNullOrEmpty(name) ? VitGridClientOptions.Section : $"{VitGridClientOptions.Section} of '{name}'";
        string[] faults = [.. options.Faults().Select(fault => $"{whose}: {fault}")];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
