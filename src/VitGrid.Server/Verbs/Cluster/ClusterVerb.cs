namespace VitGrid.Server.Verbs.Cluster;

/// <summary><c>vitgrid cluster</c>: a running grid from outside.</summary>
internal static class ClusterVerb
{
    public static Verb Create(VerbContext context) => new(
        "cluster",
        "Show a running grid, or take a worker out of it.",
        "vitgrid cluster status --redis 127.0.0.1:6379")
    {
        ClusterStatus.Create(context),
        ClusterDrain.Create(context),
    };
}
