using System.CommandLine;
using VitGrid.Cluster.Administration;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Serve;

namespace VitGrid.Server.Verbs.Cluster;

/// <summary>Connects the verbs of <c>vitgrid cluster</c> to a running grid.</summary>
internal static class ClusterConnection
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Where the grid meets.</summary>
    public static Option<string?> Redis() => ValueOption.From<string?>(
        "--redis", "HOST:PORT", "Redis in which the grid's processes find each other [default: VitGrid:Cluster:Redis]", text => text);

    /// <summary>Connects as flags and configuration say.</summary>
    /// <exception cref="UsageException">No Redis is named.</exception>
    public static Task<GridAdministration> ConnectAsync(ParseResult parsed, string? redis, CancellationToken cancellationToken) =>
        ConnectAsync(parsed, Options(parsed, redis, "cluster"), cancellationToken);

    /// <summary>Connects.</summary>
    public static Task<GridAdministration> ConnectAsync(ParseResult parsed, ServerOptions options, CancellationToken cancellationToken)
    {
        bool verbose = parsed.GetValue(SharedOptions.Verbose);
        return GridAdministration.ConnectAsync(options.Cluster, AnswerTimeout, logging => Configure(logging, verbose), cancellationToken);
    }

    /// <summary>What flags and configuration say together.</summary>
    /// <exception cref="UsageException">No Redis is named.</exception>
    public static ServerOptions Options(ParseResult parsed, string? redis, string verb)
    {
        IEnumerable<KeyValuePair<string, string?>> settings = parsed.UnmatchedTokens.Select(
            token => ServeFlags.ReadSetting(token, verb))
            // Like a front end, and unlike a worker, an operator is a client of the grid.
            .Append(new("VitGrid:Role", nameof(GridRole.Api)));
        if (redis is not null)
            settings = settings.Append(new("VitGrid:Cluster:Redis", redis));
        ServerOptions options = OptionsReader.Read(ServerConfiguration.Load(parsed.GetValue(SharedOptions.Config), settings));
        if (options.Cluster.Redis is null)
            throw new UsageException(
                "--redis is missing: name the Redis in which the grid's processes find each other, such as --redis 127.0.0.1:6379");
        return options;
    }

    private static void Configure(ILoggingBuilder logging, bool verbose)
    {
        if (verbose)
            logging.AddOneLineConsole();
        else
            logging.ClearProviders();
    }
}
