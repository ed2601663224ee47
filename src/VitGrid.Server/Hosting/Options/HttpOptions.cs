using VitGrid.Settings;

namespace VitGrid.Server.Hosting.Options;

/// <summary>The HTTP front end.</summary>
internal sealed record HttpOptions : ISettingRules
{
    /// <summary>Addresses to listen on; port 0 takes a free one.</summary>
    [Setting("where HTTP is listened on, as `--urls`; port 0 takes a free one",
        Form = "addresses `http://HOST:PORT` (put a proxy in front for https)", Accepts = nameof(IsAddress))]
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:8080"];

    /// <summary>Largest request body.</summary>
    [Setting("the largest request body, and line of a batch", Unit = "bytes", Min = 1_000, Max = 1_000_000_000)]
    public long MaxBodyBytes { get; init; } = 64_000_000;

    /// <summary>Bytes of all bodies being read at once; more are refused with 429.</summary>
    [Setting("all bodies being read; more are refused with 429", Unit = "bytes", Min = 1L << 20, Max = 1L << 40,
        Beside = "not below `MaxBodyBytes`")]
    public long MaxBufferedBytes { get; init; } = 1L << 30;

    /// <summary>Images in one request.</summary>
    [Setting("images in one request", Unit = "images", Min = 1, Max = 10_000, Beside = "not above `Queue:MaxImages`")]
    public int MaxInputs { get; init; } = 256;

    /// <summary>Time an idle connection is kept.</summary>
    [Setting("how long an idle connection is kept", Unit = "s", Min = 1, Max = 86_400)]
    public int KeepAliveSeconds { get; init; } = 130;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(SettingPath path) => SettingPath.AtMost(
        path[nameof(MaxBodyBytes)], MaxBodyBytes, path[nameof(MaxBufferedBytes)], MaxBufferedBytes,
        "the largest body would always be refused");

    private static bool IsAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http", PathBase: "" };
        }
        catch (FormatException)
        {
            // BindingAddress has no TryParse.
            return false;
        }
    }
}
