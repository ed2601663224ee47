using VitGrid.Engine.Options;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Settings;

namespace VitGrid.Server.Hosting.Options;

/// <summary>Section <c>VitGrid</c> becomes <see cref="ServerOptions"/>, or all that is wrong with it at once.</summary>
internal static class OptionsReader
{
    /// <exception cref="OptionsException">Something is wrong; the message lists everything.</exception>
    public static ServerOptions Read(IConfiguration configuration)
    {
        List<string> faults = [];
        SettingPath root = SettingPath.Root;
        // Which kinds of devices there are is itself a setting; its faults are found again with all others.
        IReadOnlyList<IExecutionBackend> backends = ReadRuntime(configuration, []).Backends;
        ServerOptions read = (ServerOptions)new SettingsReader(faults, backends).Read(
            typeof(ServerOptions), configuration.GetSection(root.Text));
        ServerOptions options = read.Cluster.Kubernetes
            ? read with { Cluster = new KubernetesPod(configuration, root[nameof(read.Cluster)], faults).Over(read.Cluster, read.Role) }
            : read;
        options = WithKeyPrefix(options with { Cache = WithLogin(options.Cache, options.Cluster) });
        faults.AddRange(SettingsCheck.Contradictions(options, root));
        return faults.Count == 0 ? options : throw new OptionsException(faults);
    }

    /// <summary>Reads what is said of plug-ins alone, for verbs that need no other setting.</summary>
    /// <exception cref="OptionsException">Something is wrong with it; the message lists everything.</exception>
    public static RuntimeOptions ReadRuntime(IConfiguration configuration)
    {
        List<string> faults = [];
        RuntimeOptions options = ReadRuntime(configuration, faults);
        faults.AddRange(SettingsCheck.Contradictions(options, RuntimeSection));
        return faults.Count == 0 ? options : throw new OptionsException(faults);
    }

    private static SettingPath RuntimeSection => SettingPath.Root[nameof(ServerOptions.Runtime)];

    private static RuntimeOptions ReadRuntime(IConfiguration configuration, List<string> faults) =>
        (RuntimeOptions)new SettingsReader(faults, ExecutionBackends.All).Read(
            typeof(RuntimeOptions), configuration.GetSection(RuntimeSection.Text));

    /// <summary>One prefix is the whole grid's, but for what has one of its own.</summary>
    private static ServerOptions WithKeyPrefix(ServerOptions options) => options.Cluster.KeyPrefix is not { } prefix ? options
        : options with
    {
        Cache = options.Cache with { KeyPrefix = options.Cache.KeyPrefix ?? prefix },
        Indexing = options.Indexing with { KeyPrefix = options.Indexing.KeyPrefix ?? prefix },
        Auth = options.Auth with { KeyPrefix = options.Auth.KeyPrefix ?? prefix },
    };

    /// <summary>The cache in the membership's own Redis, as `--redis` has it, is reached as the membership is.</summary>
    private static CacheOptions WithLogin(CacheOptions cache, ClusterOptions cluster) => cache.Redis != cluster.Redis ? cache : cache with
    {
        RedisPasswordFile = cache.RedisPasswordFile ?? cluster.RedisPasswordFile,
        RedisAuthorityFile = cache.RedisAuthorityFile ?? cluster.RedisAuthorityFile,
    };
}
