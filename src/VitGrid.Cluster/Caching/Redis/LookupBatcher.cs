namespace VitGrid.Cluster.Caching.Redis;

/// <summary>Asks for the values of some keys, in their order; null: no answer for any of them.</summary>
internal delegate Task<IReadOnlyList<LookupAnswer>?> AskForValues(IReadOnlyList<string> keys);

/// <summary>What a lookup came to; without an answer nothing is known of the key.</summary>
internal readonly record struct LookupAnswer(bool IsAnswered, ReadOnlyMemory<byte>? Value);

/// <summary>
/// Lookups that arrive together become one question. Nobody waits for company: the first goes at once, those that come while it is under
/// way are the next question. One question at a time, one owner: whoever found nobody asking.
/// </summary>
internal sealed class LookupBatcher(AskForValues ask)
{
    /// <summary>Most keys in a question: 64 vectors of 1024 numbers are 260 KB.</summary>
    public const int MaxKeys = 64;

    /// <summary>Most lookups waiting; one above it is not answered.</summary>
    public const int MaxWaiting = 4_096;

    private readonly Lock _gate = new();
    private readonly Queue<Lookup> _waiting = new();
    private bool _asking;

    /// <summary>Never fails; is not answered when the question is not.</summary>
    public Task<LookupAnswer> FindAsync(string key)
    {
        Lookup lookup = new(key);
        lock (_gate)
        {
            if (_waiting.Count == MaxWaiting)
                return Task.FromResult(default(LookupAnswer));
            _waiting.Enqueue(lookup);
            if (_asking)
                return lookup.Answer.Task;
            _asking = true;
        }
        _ = AskAllAsync();
        return lookup.Answer.Task;
    }

    private async Task AskAllAsync()
    {
        while (Take() is { Length: > 0 } batch)
        {
            IReadOnlyList<LookupAnswer>? answers = await ask([.. batch.Select(lookup => lookup.Key)]);
            for (int i = 0; i < batch.Length; i++)
                batch[i].Answer.SetResult(answers is null ? default : answers[i]);
        }
    }

    private Lookup[] Take()
    {
        lock (_gate)
        {
            Lookup[] batch = new Lookup[Math.Min(_waiting.Count, MaxKeys)];
            for (int i = 0; i < batch.Length; i++)
                batch[i] = _waiting.Dequeue();
            _asking = batch.Length > 0;
            return batch;
        }
    }

    private sealed record Lookup(string Key)
    {
        public TaskCompletionSource<LookupAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
