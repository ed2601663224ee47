namespace VitGrid.LoadTest;

/// <summary>What became of every request of a soak.</summary>
internal sealed class SoakCounts
{
    private long _right;
    private long _wrong;
    private long _draining;
    private long _refused;
    private long _cut;
    private long _broken;

    /// <summary>Answered with the expected vector, bit for bit.</summary>
    public long Right => Interlocked.Read(ref _right);

    /// <summary>Answered with another vector.</summary>
    public long Wrong => Interlocked.Read(ref _wrong);

    /// <summary>Answered 503 while the server was stopping.</summary>
    public long Draining => Interlocked.Read(ref _draining);

    /// <summary>No connection: the server was gone.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Sent after the interrupt and cut off as the port closed, before the server took it.</summary>
    public long Cut => Interlocked.Read(ref _cut);

    /// <summary>Anything else: another status, or a connection that broke under a request.</summary>
    public long Broken => Interlocked.Read(ref _broken);

    /// <summary>The first thing that went wrong, for the report.</summary>
    public string? FirstFault { get; private set; }

    public void CountRight() => Interlocked.Increment(ref _right);

    public void CountDraining() => Interlocked.Increment(ref _draining);

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountCut() => Interlocked.Increment(ref _cut);

    public void CountWrong(string what)
    {
        Interlocked.Increment(ref _wrong);
        FirstFault ??= what;
    }

    public void CountBroken(string what)
    {
        Interlocked.Increment(ref _broken);
        FirstFault ??= what;
    }
}
