namespace VitGrid.Engine.Replica;

/// <summary>
/// How long a batch of one replica is waited for: until any was answered <paramref name="maximum"/>, since nobody knows how slow the model
/// is here; then ten times the longest so far, if that is less, and never less than ten seconds. Clock-free; any thread may call.
/// </summary>
public sealed class BatchTimeout(TimeSpan maximum)
{
    private const int Times = 10;
    private static readonly TimeSpan Minimum = TimeSpan.FromSeconds(10);

    private long _longestTicks;

    /// <summary>The time for a batch that begins now.</summary>
    internal TimeSpan Current
    {
        get
        {
            TimeSpan longest = new(Interlocked.Read(ref _longestTicks));
            if (longest == TimeSpan.Zero || Times * longest >= maximum)
                return maximum;
            return Times * longest > Minimum ? Times * longest : Minimum < maximum ? Minimum : maximum;
        }
    }

    /// <summary>Learns how long a batch took.</summary>
    internal void OnAnswered(TimeSpan took)
    {
        long longest = Interlocked.Read(ref _longestTicks);
        while (took.Ticks > longest)
        {
            // Another batch may have raised it meanwhile: the longest of all stays.
            long seen = Interlocked.CompareExchange(ref _longestTicks, took.Ticks, longest);
            if (seen == longest)
                return;
            longest = seen;
        }
    }
}
