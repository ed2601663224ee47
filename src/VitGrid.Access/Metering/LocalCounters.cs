using System.Collections.Concurrent;
using VitGrid.Access.Keys;

namespace VitGrid.Access.Metering;

/// <summary>Counts what each caller uses in this process: all there is without Redis, and what goes on while that is away.</summary>
/// <param name="time">The clock.</param>
public sealed class LocalCounters(TimeProvider time)
{
    private const int MaxCallers = 10_000;

    private readonly ConcurrentDictionary<string, Counter> _callers = new(StringComparer.Ordinal);

    /// <summary>Callers with images under way, and how many.</summary>
    public IEnumerable<(string Id, long Images)> UnderWay =>
        _callers.Select(caller => (caller.Key, caller.Value.UnderWay)).Where(caller => caller.UnderWay > 0);

    /// <summary>Images of a caller under way here become more, or fewer.</summary>
    /// <param name="id">The caller.</param>
    /// <param name="images">How many more; negative: fewer.</param>
    /// <param name="tell">Called with how many they are then, before anybody else changes them.</param>
    public void Move(string id, long images, Action<long>? tell = null)
    {
        Counter counter = CounterOf(id);
        lock (counter)
        {
            counter.UnderWay += images;
            tell?.Invoke(counter.UnderWay);
        }
    }

    /// <summary>Judges what is asked for and, unless it is refused, counts it.</summary>
    /// <param name="id">The caller.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="asked">What it asks for.</param>
    /// <param name="underWay">Its images under way, these included; 0 where none are asked for.</param>
    public LimitVerdict Count(string id, KeyLimits limits, Usage asked, long underWay)
    {
        Counter counter = CounterOf(id);
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        lock (counter)
        {
            counter.Turn(now);
            LimitVerdict verdict = LimitVerdict.From(limits, new(now, counter.Minute, counter.Day, underWay), asked);
            if (verdict.Refusing is null)
                counter.Add(asked);
            return verdict;
        }
    }

    /// <summary>Counts what Redis has counted too.</summary>
    public void Note(string id, Usage used)
    {
        Counter counter = CounterOf(id);
        lock (counter)
        {
            counter.Turn(time.GetUtcNow().ToUnixTimeSeconds());
            counter.Add(used);
        }
    }

    private Counter CounterOf(string id)
    {
        if (_callers.TryGetValue(id, out Counter? known))
            return known;
        if (_callers.Count >= MaxCallers)
            ForgetIdle();
        // Beyond the bound strangers share one counter rather than none.
        return _callers.GetOrAdd(_callers.Count < MaxCallers ? id : "", _ => new());
    }

    private void ForgetIdle()
    {
        long today = time.GetUtcNow().ToUnixTimeSeconds() / 86_400;
        foreach ((string id, Counter counter) in _callers)
        {
            lock (counter)
            {
                if (counter.UnderWay == 0 && counter.DayNumber < today)
                    _callers.TryRemove(id, out _);
            }
        }
    }

    private sealed class Counter
    {
        private long _minuteNumber;

        public long DayNumber { get; private set; }

        public Usage Minute { get; private set; }

        public Usage Day { get; private set; }

        public long UnderWay { get; set; }

        public void Turn(long seconds)
        {
            (long minute, long day) = (seconds / 60, seconds / 86_400);
            Minute = minute == _minuteNumber ? Minute : default;
            Day = day == DayNumber ? Day : default;
            (_minuteNumber, DayNumber) = (minute, day);
        }

        public void Add(Usage used) => (Minute, Day) = (used.IsLater ? Minute : Minute + used, Day + used);
    }
}
