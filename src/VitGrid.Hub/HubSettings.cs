using System.Net;

namespace VitGrid.Hub;

/// <summary>Where models are fetched from and kept.</summary>
public sealed record HubSettings
{
    /// <summary>The hub where none is named.</summary>
    public static readonly Uri DefaultEndpoint = new("https://huggingface.co");

    private static readonly string[] Yes = ["1", "ON", "YES", "TRUE"];

    /// <summary>The hub's address.</summary>
    public Uri Endpoint { get; init; } = DefaultEndpoint;

    /// <summary>The token of an account on the hub; null: none. Sent to <see cref="Endpoint"/> alone.</summary>
    public string? Token { get; init; }

    /// <summary>Whether nothing may be fetched.</summary>
    public bool IsOffline { get; init; }

    /// <summary>The variable that says so, for messages.</summary>
    public string OfflineVariable { get; init; } = "HF_HUB_OFFLINE";

    /// <summary>The cache's folder, laid out as by huggingface_hub.</summary>
    public required string Cache { get; init; }

    /// <summary>Files that are fetched at once.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>The proxy; null: what <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c>, <c>ALL_PROXY</c> and <c>NO_PROXY</c> say.</summary>
    public IWebProxy? Proxy { get; init; }

    /// <summary>Waits between attempts are multiplied by it; tests make them short.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection may be silent.</summary>
    internal TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that may still be written below a folder.</summary>
    public Func<string, long> FreeBytes { get; init; } = static _ => long.MaxValue;

    /// <summary>
    /// As the hub's own variables say: <c>HF_ENDPOINT</c>, <c>HF_TOKEN</c> (<c>HUGGING_FACE_HUB_TOKEN</c>, or the file that
    /// <c>HF_TOKEN_PATH</c> or <c>HF_HOME</c> means), <c>HF_HUB_OFFLINE</c> (<c>TRANSFORMERS_OFFLINE</c>).
    /// </summary>
    /// <param name="cache">The cache's folder.</param>
    /// <param name="variable">Reads a variable.</param>
    /// <exception cref="HubException"><c>HF_ENDPOINT</c> is no address.</exception>
    public static HubSettings FromEnvironment(string cache, Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        string? offline = ((string[])["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]).FirstOrDefault(
            name => Yes.Contains(variable(name)?.Trim(), StringComparer.OrdinalIgnoreCase));
        return new()
        {
            Cache = cache,
            Endpoint = Address(variable("HF_ENDPOINT")),
            Token = TokenOf(variable),
            IsOffline = offline is not null,
            OfflineVariable = offline ?? "HF_HUB_OFFLINE",
        };
    }

    private static Uri Address(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return DefaultEndpoint;
        return Uri.TryCreate(text.Trim().TrimEnd('/'), UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
            ? address
            : throw new HubException($"HF_ENDPOINT is '{text}', which is no address such as {DefaultEndpoint}");
    }

    private static string? TokenOf(Func<string, string?> variable)
    {
        string? given = Set(variable("HF_TOKEN")) ?? Set(variable("HUGGING_FACE_HUB_TOKEN"));
        if (given is not null || Yes.Contains(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN")?.Trim(), StringComparer.OrdinalIgnoreCase))
            return given;
        string? file = Set(variable("HF_TOKEN_PATH")) ?? InHome(variable);
        try
        {
            return file is not null && File.Exists(file) ? Set(File.ReadAllText(file)) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? InHome(Func<string, string?> variable)
    {
        string? home = Set(variable("HF_HOME"))
            ?? (Set(variable("XDG_CACHE_HOME")) is { } caches ? Path.Combine(caches, "huggingface") : null)
            ?? (Set(variable("HOME")) is { } user ? Path.Combine(user, ".cache", "huggingface") : null);
        return home is null ? null : Path.Combine(home, "token");
    }

    // What is pasted into a variable or a file may end in a line break.
    private static string? Set(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
