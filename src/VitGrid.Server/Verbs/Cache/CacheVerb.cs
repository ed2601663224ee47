namespace VitGrid.Server.Verbs.Cache;

/// <summary><c>vitgrid cache</c>: the vectors that a grid keeps in Redis.</summary>
internal static class CacheVerb
{
    public static Verb Create(VerbContext context) => new(
        "cache",
        "Show what the cache's Redis holds, or have it forget a model. What processes hold in memory is theirs alone.",
        "vitgrid cache stats --redis 127.0.0.1:6379")
    {
        CacheStats.Create(context),
        CachePurge.Create(context),
    };
}
