using VitGrid.Engine.Options;
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
        ServerOptions read = (ServerOptions)new SettingsReader(faults).Read(typeof(ServerOptions), configuration.GetSection(root.Text));
        ServerOptions options = read.Cluster.Kubernetes
            ? read with { Cluster = new KubernetesPod(configuration, root[nameof(read.Cluster)], faults).Over(read.Cluster, read.Role) }
            : read;
        options = options with { Cache = WithLogin(options.Cache, options.Cluster) };
        faults.AddRange(SettingsCheck.Contradictions(options, root));
        return faults.Count == 0 ? options : throw new OptionsException(faults);
    }

    /// <summary>The cache in the membership's own Redis, as `--redis` has it, is reached as the membership is.</summary>
    private static CacheOptions WithLogin(CacheOptions cache, ClusterOptions cluster) => cache.Redis != cluster.Redis ? cache : cache with
    {
        RedisPasswordFile = cache.RedisPasswordFile ?? cluster.RedisPasswordFile,
        RedisAuthorityFile = cache.RedisAuthorityFile ?? cluster.RedisAuthorityFile,
    };
}
