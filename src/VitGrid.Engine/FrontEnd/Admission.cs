using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// The front end: how many images a model may have in the grid and how many bytes all of them may hold, from acceptance to answer, how much
/// of both one lane, and how much of a lane one tenant among several (<see cref="FairShare"/>). Any thread may call.
/// </summary>
public sealed class Admission(QueueOptions limits, Backlog backlog)
{
    /// <summary>Images of one tenant after one of another's, for which others are still expected.</summary>
    internal const int MixedCooldown = 256;

    // Of fewer images in a lane nobody holds most.
    private const int MostOfFew = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Model, Lane Lane), TenantShares> _images = [];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TenantShares[] _bytes = [new(), new()];
    private string? _lastTenant;
    private int _mixed;
    private bool _closed;

    /// <summary>Whether <see cref="CloseAsync"/> was called.</summary>
    internal bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Images and bytes accepted and not yet given back.</summary>
    internal (int Images, long Bytes) Held
    {
        get
        {
            lock (_gate)
                return (_bytes.Sum(lane => lane.All.Images), _bytes.Sum(lane => lane.All.Bytes));
        }
    }

    /// <summary>What an image that came at <paramref name="now"/> would be refused with; null: it would be accepted.</summary>
    internal GridException? Refusal(PreparedImage image, TimeSpan now)
    {
        (string model, Lane lane, string tenant) = (image.Model.Name, image.Request.Lane, image.Request.Tenant);
        lock (_gate)
            return Refusal(model, lane, image.Bytes, tenant) ?? backlog.Refusal(model, lane, tenant, image.Remaining(now));
    }

    /// <summary>Accepts one image, or none of the <paramref name="inputs"/> that it may be cut into, which count as images.</summary>
    /// <exception cref="GridException">Full, or closed.</exception>
    internal Charge Admit(string model, Lane lane, long bytes, string tenant = "", int inputs = 1)
    {
        long part = bytes / inputs;
        lock (_gate)
        {
            TenantShares images = ImagesOf(model, lane);
            bool standsBack = StandsBack(images, tenant);
            for (int admitted = 0; admitted < inputs; admitted++)
            {
                if (Refusal(model, lane, part, tenant) is { } refusal)
                {
                    Return(model, lane, part, tenant, admitted);
                    throw refusal;
                }
                images.Add(tenant, 0);
                _bytes[(int)lane].Add(tenant, part);
            }
            return new Charge(() => Return(model, lane, part, tenant, inputs)) { StandsBack = standsBack };
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

    /// <summary>Whether a tenant holds most of a lane while others send too, or did a moment ago.</summary>
    private bool StandsBack(TenantShares images, string tenant)
    {
        _mixed = tenant == (_lastTenant ?? tenant) ? Math.Max(0, _mixed - 1) : MixedCooldown;
        _lastTenant = tenant;
        return _mixed > 0 && 2 * images.Of(tenant).Own.Images > Math.Max(images.All.Images, MostOfFew);
    }

    private GridException? Refusal(string model, Lane lane, long bytes, string tenant)
    {
        if (_closed)
            return Refusals.Draining();
        TenantShares images = ImagesOf(model, lane), held = _bytes[(int)lane];
        Held own = new(images.All.Images, held.All.Bytes);
        Held all = new(own.Images + ImagesOf(model, Other(lane)).All.Images, own.Bytes + _bytes[(int)Other(lane)].All.Bytes);
        TenantShare share = images.Of(tenant);
        if (FairShare.FitsAtDoor(limits.Bound, share, held.Of(tenant), all, own, bytes))
            return null;
        TimeSpan? wait = backlog.Wait(model, lane, tenant);
        return limits.Bound.Fits(all, own, bytes)
            ? Refusals.ShareFull(model, lane, own, share.Own.Images, wait)
            : Refusals.QueueFull(model, lane, all, own, limits, wait);
    }

    private TenantShares ImagesOf(string model, Lane lane) => CollectionsMarshal.GetValueRefOrAddDefault(
        _images, (model, lane), out _) ??= new();

    private static Lane Other(Lane lane) => lane == Lane.Bulk ? Lane.Interactive : Lane.Bulk;

    private void Return(string model, Lane lane, long bytes, string tenant, int inputs)
    {
        lock (_gate)
        {
            for (int input = 0; input < inputs; input++)
            {
                _bytes[(int)lane].Remove(tenant, bytes);
                ImagesOf(model, lane).Remove(tenant, 0);
            }
            CompleteIfEmpty();
        }
    }

    private void CompleteIfEmpty()
    {
        if (_closed && _bytes.All(lane => lane.All.Images == 0))
            _empty.TrySetResult();
    }
}

/// <summary>What an accepted image holds; given back when the last holder disposes it.</summary>
internal sealed class Charge(Action giveBack) : IDisposable
{
    private int _holders = 1;

    /// <summary>
    /// Whether its image's work lets that of others go first: its tenant holds most of what is there while others send too.
    /// </summary>
    public bool StandsBack { get; init; }

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
        return new(() => { }) { StandsBack = StandsBack };
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            giveBack();
    }
}

/// <summary>
/// The images that this process computes or waits for, and what that means for the next one: an image that could not be answered in time is
/// refused before anything is spent on it, instead of being given up when its time is over. Any thread may call.
/// </summary>
public sealed class Backlog(BatchingOptions batching, [FromKeyedServices(GridClock.Key)] TimeProvider time)
{
    private readonly ConcurrentDictionary<string, WaitForecast> _models = new();

    /// <summary>Time to the answer of one more image of a tenant; null: not known.</summary>
    internal TimeSpan? Wait(string model, Lane lane, string tenant)
    {
        if (!_models.TryGetValue(model, out WaitForecast? forecast))
            return null;
        lock (forecast)
            return forecast.For(lane, tenant);
    }

    /// <summary>How long one more image would take of each model that was asked for here, for a tenant that has none.</summary>
    public IReadOnlyList<NextImage> Forecasts() =>
    [
        .. _models.Keys.Order(StringComparer.Ordinal).Select(
            model => new NextImage(model, Wait(model, Lane.Interactive, ""), Wait(model, Lane.Bulk, ""))),
    ];

    /// <summary>What an image with so much time would be refused with now; null: it would be accepted.</summary>
    internal GridException? Refusal(string model, Lane lane, string tenant, TimeSpan remaining) =>
        Wait(model, lane, tenant) is { } wait && wait > Usable(remaining)
            ? Refusals.TooLate(model, wait, remaining, wait - Usable(remaining)) : null;

    /// <summary>Takes in an image; it leaves by <see cref="Place.Leave"/>.</summary>
    /// <exception cref="GridException">Its time would be over before its answer.</exception>
    internal Place Enter(PreparedImage image)
    {
        (string model, Lane lane, string tenant) = (image.Model.Name, image.Request.Lane, image.Request.Tenant);
        TimeSpan now = time.Now();
        WaitForecast forecast = _models.GetOrAdd(model, _ => new(batching.InteractiveWeight, image.Model.MaxBatchSize + 1));
        lock (forecast)
        {
            if (Refusal(model, lane, tenant, image.Remaining(now)) is { } refusal)
                throw refusal;
            forecast.Enter(lane, now, tenant);
        }
        return new(forecast, lane, tenant, time);
    }

    // A forecast is a mean of what was: while an image waits the rate may fall to half, as it does when a flood of requests takes the
    // processor.
    private static TimeSpan Usable(TimeSpan remaining) => remaining * 0.5;

    /// <summary>One image's place.</summary>
    internal readonly struct Place(WaitForecast forecast, Lane lane, string tenant, TimeProvider time)
    {
        /// <summary>The image was answered, or given up.</summary>
        public void Leave(bool answered)
        {
            lock (forecast)
                forecast.Leave(lane, answered, time.Now(), tenant);
        }
    }
}

/// <summary>What is forecast for an image of a model that came now.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Interactive">Time to its answer in the interactive lane; null: not known, as while devices idle.</param>
/// <param name="Bulk">In the bulk lane.</param>
public sealed record NextImage(string Model, TimeSpan? Interactive, TimeSpan? Bulk);

/// <summary>
/// How long an image that came now would take, from what is ahead of it and the rate at which images were answered. The rate is measured
/// only while at least <paramref name="saturation"/> images are there: fewer do not show what the devices can do. Clock-free; times are
/// passed in. Not thread-safe.
/// </summary>
/// <param name="interactiveWeight">Interactive images that pass for each bulk one.</param>
/// <param name="saturation">Images that keep the devices busy.</param>
internal sealed class WaitForecast(int interactiveWeight, int saturation)
{
    /// <summary>Answers before a rate is believed.</summary>
    public const int Evidence = 8;

    // Older than so much and so many, what was seen counts half.
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(2);
    private const int Memories = 16;

    private readonly TenantShares[] _present = [new(), new()];
    private TimeSpan _last;
    private TimeSpan _busy;
    private double _answered;
    private bool _saturated;

    /// <summary>Images of both lanes that are there.</summary>
    public int Present => _present[0].All.Images + _present[1].All.Images;

    /// <summary>An image came.</summary>
    public void Enter(Lane lane, TimeSpan now, string tenant = "")
    {
        Advance(now);
        _present[(int)lane].Add(tenant, 0);
    }

    /// <summary>An image left, <paramref name="answered"/> or given up.</summary>
    public void Leave(Lane lane, bool answered, TimeSpan now, string tenant = "")
    {
        Advance(now);
        _present[(int)lane].Remove(tenant, 0);
        if (answered && _saturated)
            _answered++;
        if (_busy < Memory || _answered < Memories)
            return;
        _busy /= 2;
        _answered /= 2;
    }

    /// <summary>
    /// Time from now to the answer of one more image of a tenant; null: not known. With fewer there than keep the devices busy it is not:
    /// what a full grid took says nothing of an idle one, and a rate too slow for anybody would never be measured again.
    /// </summary>
    public TimeSpan? For(Lane lane, string tenant = "") =>
        _answered < Evidence || Present + 1 < saturation
            ? null : Limited((Ahead(lane, tenant) + 1) * _busy.TotalSeconds / _answered);

    /// <summary>Those of its own lane that go first, and of the other as many as may pass meanwhile.</summary>
    private long Ahead(Lane lane, string tenant)
    {
        long interactive = _present[(int)Lane.Interactive].All.Images, bulk = _present[(int)Lane.Bulk].All.Images;
        long own = AheadInLane(_present[(int)lane], tenant);
        return lane == Lane.Interactive
            ? own + Math.Min(bulk, (own / interactiveWeight) + 1)
            : own + Math.Min(interactive, (own + 1) * interactiveWeight);
    }

    /// <summary>The tenant's own, and of each other tenant one for each of them and one for the image that comes.</summary>
    private static long AheadInLane(TenantShares lane, string tenant)
    {
        TenantShare share = lane.Of(tenant);
        long own = share.Own.Images;
        return own + Math.Min(lane.All.Images - own, (own + 1) * (share.Tenants - 1));
    }

    private static TimeSpan Limited(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.SecondsPerDay));

    private void Advance(TimeSpan now)
    {
        if (now <= _last)
            return;
        _saturated = Present >= saturation;
        if (_saturated)
            _busy += now - _last;
        _last = now;
    }
}
