namespace VitGrid.Engine.Replica;

/// <summary>
/// How long a batch of one replica is waited for: until any was answered <paramref name="most"/>, since nobody knows how slow the model is
/// here; then ten times the longest so far, if that is less, and never less than ten seconds. Clock-free; any thread may call.
/// </summary>
internal sealed class BatchPatience(TimeSpan most)
{
    private const int Times = 10;
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(10);

    private long _longestTicks;

    /// <summary>The time for a batch that begins now.</summary>
    public TimeSpan Present
    {
        get
        {
            TimeSpan longest = new(Interlocked.Read(ref _longestTicks));
            if (longest == TimeSpan.Zero || Times * longest >= most)
                return most;
            return Times * longest > Least ? Times * longest : Least < most ? Least : most;
        }
    }

    /// <summary>A batch was answered.</summary>
    public void Answered(TimeSpan took)
    {
        long longest = Interlocked.Read(ref _longestTicks);
        while (took.Ticks > longest)
        {
            long seen = Interlocked.CompareExchange(ref _longestTicks, took.Ticks, longest);
            if (seen == longest)
                return;
            longest = seen;
        }
    }
}
