using System.CommandLine;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Serve;

/// <summary>What <c>vitgrid serve</c> was asked for. Null leaves a setting to the configuration.</summary>
internal sealed record ServeSettings
{
    public required GridSettings Grid { get; init; }

    /// <summary>Addresses to listen on, separated by semicolons.</summary>
    public required string? Urls { get; init; }

    public required int? SiloPort { get; init; }

    public required int? GatewayPort { get; init; }

    public required bool Verbose { get; init; }
}

/// <summary>The options of <c>vitgrid serve</c>.</summary>
internal sealed class ServeOptions
{
    private readonly SharedOptions _shared = new();
    private readonly Option<string[]> _models = new("--model")
    {
        Description = "A known model's name, a checkpoint's folder, or a Hugging Face id that lies in the local cache; may be repeated [default: internvit-nano]",
        HelpName = "NAME|DIR|HF-ID",
    };

    private readonly Option<string?> _urls = ValueOption.Of<string?>(
        "--urls", "URL;URL", "Addresses to listen on; port 0 takes any free one [default: http://127.0.0.1:8080]", ReadUrls);

    private readonly Option<string?> _role = ValueOption.Of<string?>(
        "--role", "all", "This process's part of the grid: all is silo, API and UI in one", ReadRole);

    private readonly Option<int?> _siloPort = ValueOption.Number("--silo-port", "PORT", "Port between silos; 0 takes any free one [default: 0]", 0, 65_535);
    private readonly Option<int?> _gatewayPort = ValueOption.Number("--gateway-port", "PORT", "Port for grid clients; 0 takes any free one [default: 0]", 0, 65_535);

    public void AddTo(Command verb)
    {
        verb.Add(_models);
        verb.Add(_urls);
        _shared.AddPlacementTo(verb);
        verb.Add(_role);
        verb.Add(_siloPort);
        verb.Add(_gatewayPort);
    }

    public ServeSettings Read(ParseResult parsed, ModelRoots roots)
    {
        ModelLocator locator = new(roots);
        string[] wanted = parsed.GetValue(_models) is { Length: > 0 } named ? named : [ModelRoots.DefaultModel];
        LocatedModel[] models = [.. wanted.Select(locator.Find)];
        if (models.GroupBy(model => model.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new UsageException($"--model: {string.Join(" and ", twice.Select(model => model.Directory))} would both be served as "
                + $"'{twice.Key}'; import one under another name with 'vitgrid models import DIR --name NAME --link'");
        }
        return new()
        {
            Grid = new()
            {
                Models = models,
                Devices = parsed.GetValue(_shared.Devices),
                Precision = parsed.GetValue(_shared.Precision),
                Segments = parsed.GetValue(_shared.Segments),
            },
            Urls = parsed.GetValue(_urls),
            SiloPort = parsed.GetValue(_siloPort),
            GatewayPort = parsed.GetValue(_gatewayPort),
            Verbose = parsed.GetValue(SharedOptions.Verbose),
        };
    }

    private static string ReadUrls(string text)
    {
        foreach (string url in text.Split(';'))
        {
            if (!IsAddress(url))
                throw new FormatException($"'{url}' is not an address such as http://127.0.0.1:8080");
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

    private static string ReadRole(string text) => text switch
    {
        "all" => text,
        "api" or "worker" => throw new FormatException($"'{text}' comes with clustering, which this version does not have yet; use all"),
        _ => throw new FormatException($"'{text}' is not a role; use all"),
    };
}
