using System.CommandLine;
using System.Globalization;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Serve;

/// <summary>What <c>vitgrid serve</c> was asked for.</summary>
/// <param name="Grid">The grid's flags.</param>
/// <param name="Configuration">Settings that stand above every file and variable.</param>
internal sealed record ServeSettings(GridFlags Grid, IReadOnlyList<KeyValuePair<string, string?>> Configuration)
{
    /// <summary>Settings that a flag implies; every file and variable stands above them.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Implied { get; init; } = [];
}

/// <summary>The flags of <c>vitgrid serve</c>.</summary>
internal sealed class ServeFlags
{
    private const string SettingPrefix = "--VitGrid:";
    private readonly SharedOptions _shared = new();
    private readonly Option<string[]> _models = new("--model")
    {
        Description = "A known model's name, a checkpoint's folder, or a Hugging Face id that lies in the local cache; may be repeated "
            + "[default: internvit-nano and clip-nano]",
        HelpName = "NAME|DIR|HF-ID",
    };

    private readonly Option<bool> _pull = new("--pull")
    {
        Description = "Fetch what is missing of the models that are named by a Hugging Face id, first; what lies in the cache is served "
            + "where the hub cannot be reached",
    };

    private readonly Option<string?> _urls = ValueOption.From<string?>(
        "--urls", "URL;URL", "Addresses to listen on; port 0 takes any free one [default: http://127.0.0.1:8080]", ReadUrls);

    private readonly Option<string?> _grpcUrl = ValueOption.From<string?>(
        "--grpc-url", "URL", "Address to listen on for gRPC (KServe's protocol); port 0 takes any free one [default: none; addresses of "
            + "https have it too]", ReadUrls);

    private readonly Option<string?> _role = ValueOption.Choice<string?>(
        "--role",
        "This process's part of the grid: all is worker, API and UI in one; api is a front end without devices; worker serves devices to "
            + "front ends [default: all]",
        ("all", "all"),
        ("api", "api"),
        ("worker", "worker"));

    private readonly Option<int?> _replicas = ValueOption.Number(
        "--replicas", "R", "Replicas of each model in the grid [default: as many as its devices hold usefully]", 1, 10_000);

    private readonly Option<string?> _redis = ValueOption.From<string?>(
        "--redis", "HOST:PORT",
        "Redis in which the processes of a grid find each other, and of the cache unless VitGrid:Cache:Redis names another or, empty, none "
            + "[default: none, a grid of one process]", text => text);

    private readonly Option<string?> _queueRedis = ValueOption.From<string?>(
        "--queue-redis", "HOST:PORT", "Redis that holds the indexing queue [default: none, no indexing]", text => text);

    private readonly Option<int?> _siloPort = ValueOption.Number(
        "--silo-port", "PORT", "Port for other silos; 0 takes any free one [default: 0]", 0, 65_535);

    private readonly Option<int?> _gatewayPort = ValueOption.Number(
        "--gateway-port", "PORT", "Port for front ends; 0 takes any free one [default: 0]", 0, 65_535);

    private readonly Option<int?> _dataPort = ValueOption.Number(
        "--data-port", "PORT", "Port for images and activations; 0 takes any free one [default: 0]", 0, 65_535);

    public void AddTo(Command verb)
    {
        verb.Add(_models);
        verb.Add(_pull);
        verb.Add(_urls);
        verb.Add(_grpcUrl);
        _shared.AddPlacementTo(verb);
        verb.Add(_replicas);
        verb.Add(_role);
        verb.Add(_redis);
        verb.Add(_queueRedis);
        verb.Add(_siloPort);
        verb.Add(_gatewayPort);
        verb.Add(_dataPort);
    }

    public ServeSettings Read(ParseResult parsed)
    {
        GridFlags grid = new()
        {
            Models = parsed.GetValue(_models) is { Length: > 0 } named ? named : null,
            Devices = parsed.GetValue(_shared.Devices),
            Precision = _shared.PrecisionIn(parsed),
            Segments = parsed.GetValue(_shared.Segments),
            Replicas = parsed.GetValue(_replicas),
            Pull = parsed.GetValue(_pull),
        };
        return new(grid, [.. parsed.UnmatchedTokens.Select(token => ReadSetting(token, "serve")), .. Settings(parsed)])
        {
            Implied = parsed.GetValue(_redis) is { } redis ? [new("VitGrid:Cache:Redis", redis)] : [],
        };
    }

    /// <summary>Flags that are settings under another name.</summary>
    private IEnumerable<KeyValuePair<string, string?>> Settings(ParseResult parsed)
    {
        (string Key, object? Value)[] flags =
        [
            ("VitGrid:Http:Urls", parsed.GetValue(_urls)),
            ("VitGrid:Grpc:Url", parsed.GetValue(_grpcUrl)),
            ("VitGrid:Role", parsed.GetValue(_role)),
            ("VitGrid:Cluster:Redis", parsed.GetValue(_redis)),
            ("VitGrid:Indexing:Redis", parsed.GetValue(_queueRedis)),
            ("VitGrid:Cluster:SiloPort", parsed.GetValue(_siloPort)),
            ("VitGrid:Cluster:GatewayPort", parsed.GetValue(_gatewayPort)),
            ("VitGrid:Cluster:DataPort", parsed.GetValue(_dataPort)),
        ];
        return flags.Where(flag => flag.Value is not null)
            .Select(flag => KeyValuePair.Create(flag.Key, Convert.ToString(flag.Value, CultureInfo.InvariantCulture)));
    }

    /// <summary>Reads <c>--VitGrid:Section:Key=value</c>.</summary>
    /// <exception cref="UsageException">It is something else.</exception>
    public static KeyValuePair<string, string?> ReadSetting(string token, string verb)
    {
        int equals = token.IndexOf('=', StringComparison.Ordinal);
        if (token.StartsWith(SettingPrefix, StringComparison.OrdinalIgnoreCase) && equals > SettingPrefix.Length)
            return new(token[2..equals], token[(equals + 1)..]);
        throw new UsageException(
            $"'{token}' is not a verb, argument or option of vitgrid {verb}, nor a setting such as --VitGrid:Batching:MaxBatchSize=4");
    }

    private static string ReadUrls(string text)
    {
        foreach (string url in text.Split(';', ','))
        {
            if (!IsAddress(url))
                throw new FormatException($"'{url}' is not an address such as http://127.0.0.1:8080 or https://0.0.0.0:8443");
        }
        return text;
    }

    private static bool IsAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http" or "https", Host.Length: > 0 };
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
