using VitGrid.Grains.Options;

namespace VitGrid.Grains.Batching;

/// <summary>
/// The door: how many pictures a model may have in the grid and how many bytes all of them may hold, from acceptance to answer, and how much of
/// both one lane. Any thread may call.
/// </summary>
internal sealed class Admission(QueueOptions limits, Backlog backlog)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Model, Lane Lane), int> _pictures = [];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] _bytes = new long[2];
    private bool _closed;

    /// <summary>Whether <see cref="CloseAsync"/> was called.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Pictures and bytes accepted and not yet given back.</summary>
    public (int Pictures, long Bytes) Held
    {
        get
        {
            lock (_gate)
                return (_pictures.Values.Sum(), _bytes.Sum());
        }
    }

    /// <summary>What a picture that came at <paramref name="now"/> would be refused with; null: it would be accepted.</summary>
    public GridException? Refusal(PreparedPicture picture, TimeSpan now)
    {
        (string model, Lane lane) = (picture.Model.Name, picture.Request.Lane);
        lock (_gate)
            return Refusal(model, lane, picture.Bytes) ?? backlog.Refusal(model, lane, picture.Remaining(now));
    }

    /// <summary>Accepts one picture.</summary>
    /// <exception cref="GridException">Full, or closed.</exception>
    public Charge Admit(string model, Lane lane, long bytes)
    {
        lock (_gate)
        {
            if (Refusal(model, lane, bytes) is { } refusal)
                throw refusal;
            _pictures[(model, lane)] = HeldIn(model, lane).Pictures + 1;
            _bytes[(int)lane] += bytes;
            return new Charge(() => Return(model, lane, bytes));
        }
    }

    /// <summary>Accepts nothing more; completes when everything accepted has been given back.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
            CompleteIfEmpty();
        }
        return _empty.Task;
    }

    private GridException? Refusal(string model, Lane lane, long bytes)
    {
        if (_closed)
            return Refusals.Draining();
        Held own = HeldIn(model, lane), all = new(own.Pictures + Other(model, lane), _bytes.Sum());
        return limits.Fits(all, own, bytes) ? null : Refusals.QueueFull(model, lane, all, own, limits, backlog.Wait(model, lane));
    }

    private Held HeldIn(string model, Lane lane) => new(_pictures.GetValueOrDefault((model, lane)), _bytes[(int)lane]);

    private int Other(string model, Lane lane) => _pictures.GetValueOrDefault((model, lane == Lane.Bulk ? Lane.Interactive : Lane.Bulk));

    private void Return(string model, Lane lane, long bytes)
    {
        lock (_gate)
        {
            _bytes[(int)lane] -= bytes;
            if (--_pictures[(model, lane)] == 0)
                _pictures.Remove((model, lane));
            CompleteIfEmpty();
        }
    }

    private void CompleteIfEmpty()
    {
        if (_closed && _pictures.Count == 0)
            _empty.TrySetResult();
    }
}

/// <summary>What an accepted picture holds; given back when the last holder disposes it.</summary>
internal sealed class Charge(Action giveBack) : IDisposable
{
    private int _holders = 1;

    /// <summary>One more holder; only a holder may call.</summary>
    public Charge Share()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            giveBack();
    }
}
