using VitGrid.Engine.Caching;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>
/// How long an image waits for Redis. The whole bound while Redis is quick; once more than about one answer in a hundred is slow, no
/// longer than a tenth of what computing the vector takes: a slow cache costs next to nothing where computing is cheap, and is still of
/// use where it is dear. Knows no clock; any thread may call.
/// </summary>
internal sealed class AdaptiveTimeout(TimeSpan bound)
{
    /// <summary>Quick answers that outweigh a slow one.</summary>
    public const int Weight = 100;

    /// <summary>Slow answers, close to each other, that make Redis slow.</summary>
    public const int SlowAnswers = 3;

    private const int Most = 2 * SlowAnswers * Weight;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TimeSpan> _costs = [];
    private int _level;

    /// <summary>An answer that takes longer is slow.</summary>
    public TimeSpan SlowAfter { get; } = bound / 5;

    /// <summary>What is waited for a slow Redis at least.</summary>
    public TimeSpan Least { get; } = bound / 10;

    /// <summary>What to wait for a vector of <paramref name="scope"/>, see <see cref="EmbeddingKey.Scope"/>.</summary>
    public TimeSpan For(string scope)
    {
        lock (_gate)
        {
            TimeSpan tenth = _costs.GetValueOrDefault(scope) / 10;
            return _level < SlowAnswers * Weight || tenth > bound ? bound : tenth > Least ? tenth : Least;
        }
    }

    /// <summary>An answer came after <paramref name="took"/>, waited for or not.</summary>
    public void Answered(TimeSpan took)
    {
        lock (_gate)
            _level = took > SlowAfter ? Math.Min(_level + Weight, Most) : Math.Max(_level - 1, 0);
    }

    /// <summary>A vector of <paramref name="scope"/> was computed in <paramref name="took"/>, all waiting included.</summary>
    public void Computed(string scope, TimeSpan took)
    {
        lock (_gate)
            _costs[scope] = _costs.TryGetValue(scope, out TimeSpan before) ? before + ((took - before) / 8) : took;
    }
}
