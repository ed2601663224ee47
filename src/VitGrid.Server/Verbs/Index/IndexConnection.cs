using System.CommandLine;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Administration;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Serve;

namespace VitGrid.Server.Verbs.Index;

/// <summary>Connects the verbs of <c>vitgrid index</c> to the queue.</summary>
internal static class IndexConnection
{
    /// <summary>Where the queue is.</summary>
    public static Option<string?> Redis() => ValueOption.From<string?>(
        "--queue-redis", "HOST:PORT", "Redis that holds the indexing queue [default: VitGrid:Indexing:Redis]", text => text);

    /// <summary>The job a verb is about.</summary>
    public static Argument<string> Job() => new("JOB") { Description = "The job's id, as 'vitgrid index status' prints it" };

    /// <summary>What flags and configuration say together.</summary>
    public static ServerOptions Options(ParseResult parsed, string? redis)
    {
        // A verb that takes any number of sources takes settings for such.
        IEnumerable<KeyValuePair<string, string?>> settings = parsed.UnmatchedTokens
            .Union(parsed.Tokens.Select(token => token.Value).Where(IsSetting))
            .Select(token => ServeFlags.ReadSetting(token, "index"));
        if (redis is not null)
            settings = settings.Append(new("VitGrid:Indexing:Redis", redis));
        return OptionsReader.Read(ServerConfiguration.Load(parsed.GetValue(SharedOptions.Config), settings));
    }

    /// <summary>Whether a token is a setting, such as <c>--VitGrid:Indexing:ConfirmReplicas=1</c>.</summary>
    public static bool IsSetting(string token) => token.StartsWith("--VitGrid:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Connects.</summary>
    /// <exception cref="UsageException">No Redis is named.</exception>
    public static async Task<IndexJobService> OpenAsync(VerbContext context, ParseResult parsed, string? redis)
    {
        IndexingOptions indexing = Options(parsed, redis).Indexing;
        if (indexing.Redis is null)
            throw new UsageException(
                "--queue-redis is missing: name the Redis that holds the queue, such as --queue-redis 127.0.0.1:6379");
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.AddOneLineConsole());
        IndexJobService service = await IndexJobService.OpenAsync(indexing, loggers.CreateLogger("VitGrid.Index"));
        if (service.Warning is { } warning)
            context.Terminal.Say($"vitgrid: the queue's Redis: {warning}");
        return service;
    }
}
