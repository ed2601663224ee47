using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>The queue's names in Redis. Other languages and KEDA rely on them.</summary>
public static partial class IndexKeys
{
    /// <summary>The stream of items; an entry has <c>job</c>, <c>id</c>, <c>uri</c>.</summary>
    internal const string Stream = "vitgrid:index";

    /// <summary>The consumer group of the workers.</summary>
    internal const string Group = "vitgrid";

    /// <summary>Every job ever made, a sorted set by the time it was made.</summary>
    internal const string Jobs = "vitgrid:index:jobs";

    /// <summary>The set of jobs that are not finished.</summary>
    internal const string Active = "vitgrid:index:active";

    /// <summary>
    /// Ids of entries that were acknowledged and not yet trimmed, a sorted set by their milliseconds: what is not to be done again when
    /// the group is lost.
    /// </summary>
    internal const string Settled = "vitgrid:index:settled";

    /// <summary>Name of the grid that works on the queue, with an end unless it is renewed.</summary>
    internal const string Owner = "vitgrid:index:owner";

    /// <summary>Written behind a step that replicas are to confirm; holds nothing.</summary>
    internal const string Fence = "vitgrid:index:fence";

    /// <summary>Where entries go whose job is not known.</summary>
    public const string NoJob = "_unknown";

    /// <summary>The hash of a job: settings, state and counts.</summary>
    internal static RedisKey Job(string job) => $"vitgrid:index:job:{job}";

    /// <summary>The stream of its dead letters.</summary>
    internal static RedisKey Dead(string job) => $"vitgrid:index:job:{job}:dead";

    /// <summary>The stream of its items that wait until they can be worked on: for a model, for a sink.</summary>
    internal static RedisKey Parked(string job) => $"vitgrid:index:job:{job}:parked";

    /// <summary>The hash of its parts that are being written: part → entry ids.</summary>
    internal static RedisKey Intents(string job) => $"vitgrid:index:job:{job}:intents";

    /// <summary>The hash of its parts that were taken out of its sink again: part → when.</summary>
    internal static RedisKey Withdrawn(string job) => $"vitgrid:index:job:{job}:withdrawn";

    /// <summary>Who finishes its sink.</summary>
    internal static RedisKey Finisher(string job) => $"vitgrid:index:job:{job}:finisher";

    /// <summary>Whether <paramref name="job"/> can name a job.</summary>
    public static bool IsName(string job) => Name().IsMatch(job);

    /// <summary>Whether <paramref name="id"/> can name a batch of <c>/v1/batches</c>, which is a job of the same id.</summary>
    public static bool IsBatch(string id) => Batch().IsMatch(id);

    [GeneratedRegex(@"^batch_[0-9a-f]{32}\z")]
    private static partial Regex Batch();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex Name();
}
