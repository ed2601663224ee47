using Microsoft.Extensions.Time.Testing;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;

namespace VitGrid.Engine.Tests.Replica;

/// <summary>
/// Plays random bytes against the whole loop in virtual time: arrivals in both lanes with deadlines, cancellations, batches that end or
/// fail, credits that come and go. The first bytes choose the configuration.
/// </summary>
internal sealed class BatcherScript
{
    private readonly FakeTimeProvider _time = new();
    private readonly TurnScheduler _turns = new();
    private readonly List<Image> _images = [];
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
        _batcher = new("m", _options, () => _credits, Run, PlayedMeters.Metrics(), _time);
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
                if (_images.Count > 0)
                    _images[size % _images.Count].Cancellation.Cancel();
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
        Image image = new(_images.Count, lane, size * 10, _time.Now() + TimeSpan.FromMilliseconds(10 + (2 * size)));
        Image[] waiting = [.. _images.Where(other => other.IsWaiting)];
        bool sure = waiting.Length == 0;
        bool over = waiting.Length >= _options.Queue.MaxImages || waiting.Sum(other => other.Bytes) + image.Bytes > _options.Queue.MaxBytes;
        try
        {
            ImageOrder order = new(NumberedPixels.From(image.Id), 0, lane, image.Bytes, image.Deadline - _time.Now());
            _images.Add(image);
            image.Answer = _turns.Run(() => _batcher.EmbedAsync(order, image.Cancellation.Token));
            Expect(!over, $"image {image.Id} was accepted beyond the bounds");
        }
        catch (GridException exception)
        {
            _images.Remove(image);
            Expect(exception.Fault == GridFault.Overloaded && !sure, $"image {image.Id} was refused by an empty queue");
        }
    }

    private Task<BatchAnswer> Run(BatchOrder batch)
    {
        Expect(_running.Count < Math.Max(1, _credits), "a batch left without a credit");
        Expect(batch.Images.Length >= 1 && batch.Images.Length <= _options.Batching.MaxBatchSize, $"a batch of {batch.Images.Length}");
        foreach (long id in batch.Numbers())
            Take(_images.Single(image => image.Id == id));
        _running.Enqueue((batch, new()));
        return _running.Last().Answer.Task;
    }

    private void Take(Image image)
    {
        Expect(!image.Taken, $"image {image.Id} was taken twice");
        Expect(!image.IsDead(_time.Now()), $"image {image.Id} was taken dead");
        Expect(_images.All(other => other.Lane != image.Lane || other.Id <= image.Id || !other.Taken),
            $"image {image.Id} was overtaken in its lane");
        image.Taken = true;
        int own = (int)image.Lane;
        bool passes = _images.Exists(other => other.Lane != image.Lane && other.IsWaiting && !other.IsDead(_time.Now()));
        _run[own] = passes ? _run[own] + 1 : 0;
        _run[1 - own] = 0;
        Expect(_run[own] <= (image.Lane == Lane.Interactive ? _options.Batching.InteractiveWeight : 1),
            $"a lane waited while {_run[own]} of the other went");
    }

    private void Answer(bool fails)
    {
        if (!_running.TryDequeue(out (BatchOrder Batch, TaskCompletionSource<BatchAnswer> Answer) oldest))
            return;
        if (fails)
            oldest.Answer.SetException(new GridException(GridFault.SegmentFailed, "no"));
        else
            oldest.Answer.SetResult(new([.. oldest.Batch.Numbers().Select(id => new float[] { id })]));
        _turns.RunAll();
    }

    private void Finish()
    {
        _credits = 1;
        Task stopped = _turns.Run(_batcher.StopAsync);
        while (_running.Count > 0)
            Answer(fails: false);
        Expect(stopped.IsCompletedSuccessfully, "the batcher never came to rest");
        foreach (Image image in _images)
        {
            Expect(image.Answer.IsCompleted, $"image {image.Id} was never answered");
            Expect(image.Taken || !image.Answer.IsCompletedSuccessfully, $"image {image.Id} was answered unrun");
            Expect(image.Taken || image.IsDead(_time.Now()), $"image {image.Id} was dropped alive");
            Expect(!image.Answer.IsCompletedSuccessfully || image.Answer.Result.ClsThenMean[0] == image.Id,
                $"image {image.Id} got another's answer");
        }
    }

    private void Expect(bool held, string otherwise) => Broken ??= held ? null : otherwise;

    private sealed record Image(int Id, Lane Lane, long Bytes, TimeSpan Deadline)
    {
        public CancellationTokenSource Cancellation { get; } = new();

        public Task<ImageAnswer> Answer { get; set; } = Task.FromException<ImageAnswer>(new InvalidOperationException("not accepted"));

        public bool Taken { get; set; }

        /// <summary>Accepted, not taken, not dropped.</summary>
        public bool IsWaiting => !Taken && !Answer.IsCompleted;

        public bool IsDead(TimeSpan now) => now >= Deadline || Cancellation.IsCancellationRequested;
    }
}
