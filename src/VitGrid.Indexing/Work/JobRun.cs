using System.Threading.Channels;
using VitGrid.Engine.Options;
using VitGrid.Engine.Timing;
using VitGrid.Indexing.Jobs;

namespace VitGrid.Indexing.Work;

/// <summary>A job at work in this process: its sink, and the rows that wait for their part.</summary>
internal sealed class JobRun : IAsyncDisposable
{
    private readonly Func<JobRun, PartRow[], Task> _write;
    private readonly IndexingOptions _options;
    private readonly TimeProvider _time;
    private readonly JobHold _hold;
    private readonly Lock _gate = new();
    private CancellationTokenSource _interruption = new();
    private Channel<PartRow>? _rows;
    private Task _writing = Task.CompletedTask;

    /// <param name="job">As it was when it was found.</param>
    /// <param name="sink">Where its vectors go.</param>
    /// <param name="options">Bounds of a part.</param>
    /// <param name="write">Writes a part and settles its entries; does not fail.</param>
    /// <param name="time">The clock.</param>
    public JobRun(IndexJob job, JobSink sink, IndexingOptions options, Func<JobRun, PartRow[], Task> write, TimeProvider time)
    {
        (Job, Sink, _options, _write, _time) = (job, sink, options, write, time);
        _hold = new(TimeSpan.FromMilliseconds(options.StallMilliseconds));
    }

    /// <summary>As it was when it was last looked at.</summary>
    public IndexJob Job { get; set; }

    public JobSink Sink { get; }

    public string Id => Job.Id;

    /// <summary>Signalled when the items under way are to be set aside: they hold credits that other jobs need.</summary>
    public CancellationToken Interrupted
    {
        get
        {
            lock (_gate)
                return _interruption.Token;
        }
    }

    /// <summary>Why the job did not go on when it was last tried; null when it does.</summary>
    public string? Obstacle => _hold.Reason;

    /// <summary>What keeps items from being begun here now; null when nothing does. Waits for no sink.</summary>
    public async Task<string?> ProblemAsync(CancellationToken cancellationToken) =>
        MaxBeginning > 0 ? await Sink.ProblemAsync(cancellationToken) : _hold.Reason;

    /// <summary>Most items that may begin now.</summary>
    public int MaxBeginning => _hold.MaxBeginning(_time.Now());

    /// <summary>An item takes a credit until what is returned is disposed.</summary>
    public UnderWay Begin()
    {
        _hold.OnBegun(_time.Now());
        return new(_hold);
    }

    /// <summary>An item or a part came to an end.</summary>
    public void OnEnded() => _hold.OnEnded(_time.Now());

    /// <summary>Something is in the way: nothing begins for a while.</summary>
    public void OnObstacle(string reason) => _hold.OnObstacle(reason, _time.Now());

    /// <summary>Sets aside what is under way when nothing of it has come to an end for too long, or the job was cancelled.</summary>
    public void InterruptWhereIdle()
    {
        bool stalled = _hold.IsStalled(_time.Now());
        if (!stalled && !(Job.IsCancelled && _hold.IsUnderWay))
            return;
        if (stalled)
            _hold.OnStalled(_hold.Reason ?? Stalled, _time.Now());
        CancellationTokenSource interruption;
        lock (_gate)
            (interruption, _interruption) = (_interruption, new());
        // Not disposed: items of this moment may still link to its token.
        interruption.Cancel();
    }

    private string Stalled => string.Create(
        CultureInfo.InvariantCulture,
        $"none of its items under way came to an end within {_options.StallMilliseconds / 1000.0:0.#} s (Indexing:StallMilliseconds): "
            + $"sink, model or the images' source does not answer");

    /// <summary>Forgets an obstacle that there is nothing left to try against.</summary>
    public void Forgive() => _hold.Forgive(_time.Now());

    /// <summary>Hands a row to the part that gathers; waits while one is full and another is being written.</summary>
    public ValueTask AddAsync(PartRow row, CancellationToken cancellationToken) => Rows(row).WriteAsync(row, cancellationToken);

    /// <summary>Writes what has gathered and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _rows?.Writer.TryComplete();
        await _writing;
        await Sink.DisposeAsync();
    }

    private ChannelWriter<PartRow> Rows(PartRow first)
    {
        lock (_gate)
        {
            if (_rows is null)
            {
                int most = OpenPart<PartRow>.RowsFor(_options.PartRows, _options.PartBytes, first.MaxBytes);
                _rows = Channel.CreateBounded<PartRow>(new BoundedChannelOptions(most) { SingleReader = true });
                _writing = Task.Run(() => WriteAllAsync(_rows.Reader, most));
            }
            return _rows.Writer;
        }
    }

    private async Task WriteAllAsync(ChannelReader<PartRow> rows, int most)
    {
        OpenPart<PartRow> part = new(most, TimeSpan.FromMilliseconds(_options.PartMilliseconds));
        while (await rows.WaitToReadAsync())
        {
            await GatherAsync(rows, part);
            await _write(this, part.Take());
        }
    }

    private async Task GatherAsync(ChannelReader<PartRow> rows, OpenPart<PartRow> part)
    {
        while (!part.IsFull)
        {
            if (rows.TryRead(out PartRow row))
            {
                part.Add(row, _time.Now());
                continue;
            }
            if (part.TimeLeft(_time.Now()) is not { } left || left == TimeSpan.Zero)
                return;
            using CancellationTokenSource due = new(left, _time);
            Task<bool> more = rows.WaitToReadAsync(due.Token).AsTask();
            await ((Task)more).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!more.IsCompletedSuccessfully || !more.Result)
                return;
        }
    }

    /// <summary>An item that holds a credit.</summary>
    internal readonly struct UnderWay(JobHold hold) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => hold.OnReturned();
    }
}
