using System.CommandLine;

namespace VitGrid.Server.Verbs.Serve;

/// <summary>What <c>vitgrid serve</c> was asked for.</summary>
/// <param name="Grid">The grid's flags.</param>
/// <param name="Configuration">Settings that stand above every file and variable.</param>
internal sealed record ServeSettings(GridFlags Grid, IReadOnlyList<KeyValuePair<string, string?>> Configuration);

/// <summary>The flags of <c>vitgrid serve</c>.</summary>
internal sealed class ServeFlags
{
    private const string SettingPrefix = "--VitGrid:";
    private readonly SharedOptions _shared = new();
    private readonly Option<string[]> _models = new("--model")
    {
        Description = "A known model's name, a checkpoint's folder, or a Hugging Face id that lies in the local cache; may be repeated "
            + "[default: internvit-nano]",
        HelpName = "NAME|DIR|HF-ID",
    };

    private readonly Option<string?> _urls = ValueOption.Of<string?>(
        "--urls", "URL;URL", "Addresses to listen on; port 0 takes any free one [default: http://127.0.0.1:8080]", ReadUrls);

    private readonly Option<string?> _role = ValueOption.Of<string?>(
        "--role", "all", "This process's part of the grid: all is silo, API and UI in one", ReadRole);

    private readonly Option<int?> _siloPort = ValueOption.Number(
        "--silo-port", "PORT", "Port for other silos; 0 takes any free one [default: 0]", 0, 65_535);

    private readonly Option<int?> _gatewayPort = ValueOption.Number(
        "--gateway-port", "PORT", "Port for grid clients; 0 takes any free one [default: 0]", 0, 65_535);

    public void AddTo(Command verb)
    {
        verb.Add(_models);
        verb.Add(_urls);
        _shared.AddPlacementTo(verb);
        verb.Add(_role);
        verb.Add(_siloPort);
        verb.Add(_gatewayPort);
    }

    public ServeSettings Read(ParseResult parsed)
    {
        GridFlags grid = new()
        {
            Models = parsed.GetValue(_models) is { Length: > 0 } named ? named : null,
            Devices = parsed.GetValue(_shared.Devices),
            Precision = parsed.GetValue(_shared.Precision),
            Segments = parsed.GetValue(_shared.Segments),
            SiloPort = parsed.GetValue(_siloPort),
            GatewayPort = parsed.GetValue(_gatewayPort),
        };
        IEnumerable<KeyValuePair<string, string?>> settings = parsed.UnmatchedTokens.Select(ReadSetting);
        if (parsed.GetValue(_urls) is { } urls)
            settings = settings.Append(new("VitGrid:Http:Urls", urls));
        return new(grid, [.. settings]);
    }

    private static KeyValuePair<string, string?> ReadSetting(string token)
    {
        int equals = token.IndexOf('=', StringComparison.Ordinal);
        if (token.StartsWith(SettingPrefix, StringComparison.OrdinalIgnoreCase) && equals > SettingPrefix.Length)
            return new(token[2..equals], token[(equals + 1)..]);
        throw new UsageException($"'{token}' is not a verb, argument or option of vitgrid serve, nor a setting such as --VitGrid:Batching:MaxBatchSize=4");
    }

    private static string ReadUrls(string text)
    {
        foreach (string url in text.Split(';', ','))
        {
            if (!IsAddress(url))
                throw new FormatException($"'{url}' is not an address such as http://127.0.0.1:8080 (https: put a proxy in front)");
        }
        return text;
    }

    private static bool IsAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http", Host.Length: > 0 };
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static string ReadRole(string text) => text switch
    {
        "all" => text,
        "api" or "worker" => throw new FormatException($"'{text}' comes with clustering, which this version does not have yet; use all"),
        _ => throw new FormatException($"'{text}' is not a role; use all"),
    };
}
