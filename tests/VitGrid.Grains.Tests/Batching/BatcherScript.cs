using Microsoft.Extensions.Time.Testing;
using VitGrid.Grains.Batching;
using VitGrid.Grains.Contracts;
using VitGrid.Grains.Options;

namespace VitGrid.Grains.Tests.Batching;

/// <summary>
/// Plays random bytes against the whole loop in virtual time: arrivals in both lanes with deadlines, cancellations, batches that end or fail,
/// credits that come and go. The first bytes choose the configuration.
/// </summary>
internal sealed class BatcherScript
{
    private readonly FakeTimeProvider _time = new();
    private readonly TurnScheduler _turns = new();
    private readonly List<Picture> _pictures = [];
    private readonly Queue<(BatchOrder Batch, TaskCompletionSource<BatchAnswer> Answer)> _running = new();
    private readonly GridOptions _options;
    private readonly Batcher _batcher;
    private readonly int[] _run = new int[2];
    private int _credits;

    private BatcherScript(byte[] script)
    {
        int Choice(int at, int count) => at < script.Length ? script[at] % count : 0;
        _credits = 1 + Choice(0, 3);
        _options = new()
        {
            Models = [],
            Batching = new()
            {
                MaxBatchSize = 1 + Choice(1, 5),
                InteractiveWeight = 1 + Choice(2, 4),
                MaxDelayMilliseconds = Choice(3, 3) * 5,
                PreferredSizes = Choice(4, 2) == 0 ? [] : [2, 4],
            },
            Queue = new() { MaxImages = 4 + Choice(5, 9), MaxBytes = 500 },
        };
        _batcher = new("m", _options, () => _credits, Run, _time);
    }

    /// <summary>The first broken promise; null when all held.</summary>
    public string? Broken { get; private set; }

    public static BatcherScript Play(byte[] bytes)
    {
        BatcherScript script = new(bytes);
        foreach (byte step in bytes)
            script.Step(step & 7, step >> 3);
        script.Finish();
        return script;
    }

    private void Step(int kind, int size)
    {
        switch (kind)
        {
            case 0 or 1 or 2:
                Add(kind == 2 ? Lane.Bulk : Lane.Interactive, size);
                break;
            case 3:
                Add(Lane.Bulk, size);
                break;
            case 4:
                _time.Advance(TimeSpan.FromMilliseconds(size));
                _turns.RunAll();
                break;
            case 5:
                if (_pictures.Count > 0)
                    _pictures[size % _pictures.Count].Cancellation.Cancel();
                break;
            case 6:
                _credits = size % 4;
                break;
            default:
                Answer(fails: size % 5 == 0);
                break;
        }
    }

    private void Add(Lane lane, int size)
    {
        Picture picture = new(_pictures.Count, lane, size * 10, _time.Now() + TimeSpan.FromMilliseconds(10 + (2 * size)));
        Picture[] waiting = [.. _pictures.Where(other => other.IsWaiting)];
        bool sure = waiting.Length == 0;
        bool over = waiting.Length >= _options.Queue.MaxImages || waiting.Sum(other => other.Bytes) + picture.Bytes > _options.Queue.MaxBytes;
        try
        {
            PictureOrder order = new(picture.Id, 0, lane, picture.Bytes, picture.Deadline - _time.Now());
            _pictures.Add(picture);
            picture.Answer = _turns.Run(() => _batcher.EmbedAsync(order, picture.Cancellation.Token));
            Expect(!over, $"picture {picture.Id} was accepted beyond the bounds");
        }
        catch (GridException refused)
        {
            _pictures.Remove(picture);
            Expect(refused.Fault == GridFault.Overloaded && !sure, $"picture {picture.Id} was refused by an empty queue");
        }
    }

    private Task<BatchAnswer> Run(BatchOrder batch)
    {
        Expect(_running.Count < Math.Max(1, _credits), "a batch left without a credit");
        Expect(batch.Pictures.Length >= 1 && batch.Pictures.Length <= _options.Batching.MaxBatchSize, $"a batch of {batch.Pictures.Length}");
        foreach (long id in batch.Pictures)
            Take(_pictures.Single(picture => picture.Id == id));
        _running.Enqueue((batch, new()));
        return _running.Last().Answer.Task;
    }

    private void Take(Picture picture)
    {
        Expect(!picture.Taken, $"picture {picture.Id} was taken twice");
        Expect(!picture.IsDead(_time.Now()), $"picture {picture.Id} was taken dead");
        Expect(_pictures.All(other => other.Lane != picture.Lane || other.Id <= picture.Id || !other.Taken), $"picture {picture.Id} was overtaken in its lane");
        picture.Taken = true;
        int own = (int)picture.Lane;
        bool passes = _pictures.Exists(other => other.Lane != picture.Lane && other.IsWaiting && !other.IsDead(_time.Now()));
        _run[own] = passes ? _run[own] + 1 : 0;
        _run[1 - own] = 0;
        Expect(_run[own] <= (picture.Lane == Lane.Interactive ? _options.Batching.InteractiveWeight : 1), $"a lane waited while {_run[own]} of the other went");
    }

    private void Answer(bool fails)
    {
        if (!_running.TryDequeue(out (BatchOrder Batch, TaskCompletionSource<BatchAnswer> Answer) oldest))
            return;
        if (fails)
            oldest.Answer.SetException(new GridException(GridFault.SegmentFailed, "no"));
        else
            oldest.Answer.SetResult(new([.. oldest.Batch.Pictures.Select(id => new float[] { id })]));
        _turns.RunAll();
    }

    private void Finish()
    {
        _credits = 1;
        Task stopped = _turns.Run(_batcher.StopAsync);
        while (_running.Count > 0)
            Answer(fails: false);
        Expect(stopped.IsCompletedSuccessfully, "the batcher never came to rest");
        foreach (Picture picture in _pictures)
        {
            Expect(picture.Answer.IsCompleted, $"picture {picture.Id} was never answered");
            Expect(picture.Taken || !picture.Answer.IsCompletedSuccessfully, $"picture {picture.Id} was answered unrun");
            Expect(picture.Taken || picture.IsDead(_time.Now()), $"picture {picture.Id} was dropped alive");
            Expect(!picture.Answer.IsCompletedSuccessfully || picture.Answer.Result.ClsThenMean[0] == picture.Id, $"picture {picture.Id} got another's answer");
        }
    }

    private void Expect(bool held, string otherwise) => Broken ??= held ? null : otherwise;

    private sealed record Picture(int Id, Lane Lane, long Bytes, TimeSpan Deadline)
    {
        public CancellationTokenSource Cancellation { get; } = new();

        public Task<PictureAnswer> Answer { get; set; } = Task.FromException<PictureAnswer>(new InvalidOperationException("not accepted"));

        public bool Taken { get; set; }

        /// <summary>Accepted, not taken, not dropped.</summary>
        public bool IsWaiting => !Taken && !Answer.IsCompleted;

        public bool IsDead(TimeSpan now) => now >= Deadline || Cancellation.IsCancellationRequested;
    }
}
