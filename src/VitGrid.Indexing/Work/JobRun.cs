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
    private readonly Lock _gate = new();
    private Channel<PartRow>? _rows;
    private Task _writing = Task.CompletedTask;

    /// <param name="job">As it was when it was found.</param>
    /// <param name="sink">Where its vectors go.</param>
    /// <param name="options">Bounds of a part.</param>
    /// <param name="write">Writes a part and settles its entries; does not fail.</param>
    /// <param name="time">The clock.</param>
    public JobRun(IndexJob job, JobSink sink, IndexingOptions options, Func<JobRun, PartRow[], Task> write, TimeProvider time) =>
        (Job, Sink, _options, _write, _time) = (job, sink, options, write, time);

    /// <summary>As it was when it was last looked at.</summary>
    public IndexJob Job { get; set; }

    public JobSink Sink { get; }

    public string Id => Job.Id;

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
                int most = OpenPart<PartRow>.RowsFor(_options.PartRows, _options.PartBytes, first.Vector.Length * sizeof(float));
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
}
