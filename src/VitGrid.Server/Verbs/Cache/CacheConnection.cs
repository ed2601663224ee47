using System.CommandLine;
using VitGrid.Cluster.Administration;
using VitGrid.Engine.Options;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Serve;

namespace VitGrid.Server.Verbs.Cache;

/// <summary>Connects the verbs of <c>vitgrid cache</c> to the Redis that holds vectors.</summary>
internal static class CacheConnection
{
    /// <summary>Where the vectors are.</summary>
    public static Option<string?> Redis() => ValueOption.From<string?>(
        "--redis", "HOST:PORT", "Redis of the cache [default: VitGrid:Cache:Redis]", text => text);

    /// <summary>Connects as flag and configuration say.</summary>
    /// <exception cref="UsageException">No Redis is named.</exception>
    public static Task<CacheAdministration> ConnectAsync(ParseResult parsed, string? redis)
    {
        IEnumerable<KeyValuePair<string, string?>> settings = parsed.UnmatchedTokens.Select(
            token => ServeFlags.ReadSetting(token, "cache"));
        if (redis is not null)
            settings = settings.Append(new("VitGrid:Cache:Redis", redis));
        CacheOptions cache = OptionsReader.Read(ServerConfiguration.Load(parsed.GetValue(SharedOptions.Config), settings)).Cache;
        return cache.Redis is null
            ? throw new UsageException("--redis is missing: name the Redis in which the grid keeps vectors, such as --redis 127.0.0.1:6379")
            : CacheAdministration.ConnectAsync(cache);
    }
}
