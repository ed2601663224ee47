using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// The front end: how many images a model may have in the grid and how many bytes all of them may hold, from acceptance to answer, and how much
/// of both one lane. Any thread may call.
/// </summary>
public sealed class Admission(QueueOptions limits, Backlog backlog)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Model, Lane Lane), int> _images = [];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] _bytes = new long[2];
    private bool _closed;

    /// <summary>Whether <see cref="CloseAsync"/> was called.</summary>
    internal bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Images and bytes accepted and not yet given back.</summary>
    internal (int Images, long Bytes) Held
    {
        get
        {
            lock (_gate)
                return (_images.Values.Sum(), _bytes.Sum());
        }
    }

    /// <summary>What an image that came at <paramref name="now"/> would be refused with; null: it would be accepted.</summary>
    internal GridException? Refusal(PreparedImage image, TimeSpan now)
    {
        (string model, Lane lane) = (image.Model.Name, image.Request.Lane);
        lock (_gate)
            return Refusal(model, lane, image.Bytes) ?? backlog.Refusal(model, lane, image.Remaining(now));
    }

    /// <summary>Accepts one image.</summary>
    /// <exception cref="GridException">Full, or closed.</exception>
    internal Charge Admit(string model, Lane lane, long bytes)
    {
        lock (_gate)
        {
            if (Refusal(model, lane, bytes) is { } refusal)
                throw refusal;
            _images[(model, lane)] = HeldIn(model, lane).Images + 1;
            _bytes[(int)lane] += bytes;
            return new Charge(() => Return(model, lane, bytes));
        }
    }

    /// <summary>Accepts nothing more; completes when everything accepted has been given back.</summary>
    internal Task CloseAsync()
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
        Held own = HeldIn(model, lane), all = new(own.Images + Other(model, lane), _bytes.Sum());
        return limits.Fits(all, own, bytes) ? null : Refusals.QueueFull(model, lane, all, own, limits, backlog.Wait(model, lane));
    }

    private Held HeldIn(string model, Lane lane) => new(_images.GetValueOrDefault((model, lane)), _bytes[(int)lane]);

    private int Other(string model, Lane lane) => _images.GetValueOrDefault((model, lane == Lane.Bulk ? Lane.Interactive : Lane.Bulk));

    private void Return(string model, Lane lane, long bytes)
    {
        lock (_gate)
        {
            _bytes[(int)lane] -= bytes;
            if (--_images[(model, lane)] == 0)
                _images.Remove((model, lane));
            CompleteIfEmpty();
        }
    }

    private void CompleteIfEmpty()
    {
        if (_closed && _images.Count == 0)
            _empty.TrySetResult();
    }
}

/// <summary>What an accepted image holds; given back when the last holder disposes it.</summary>
internal sealed class Charge(Action giveBack) : IDisposable
{
    private int _holders = 1;

    /// <summary>
    /// One more holder. Where the last has left already, it is nobody's: the image is computed for others who asked for the same, and
    /// theirs are charged.
    /// </summary>
    public Charge Share()
    {
        while (Volatile.Read(ref _holders) is var holders && holders > 0)
        {
            if (Interlocked.CompareExchange(ref _holders, holders + 1, holders) == holders)
                return this;
        }
        return new(() => { });
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            giveBack();
    }
}
