using System.Collections.Concurrent;
using VitGrid.Grains.Options;

namespace VitGrid.Grains.Batching;

/// <summary>
/// The pictures that this process computes or waits for, and what that means for the next one: a picture that could not be answered in time is
/// refused before anything is spent on it, instead of being given up when its time is over. Any thread may call.
/// </summary>
internal sealed class Backlog(BatchingOptions batching, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, WaitForecast> _models = new();

    /// <summary>Time to the answer of one more picture; null: not known.</summary>
    public TimeSpan? Wait(string model, Lane lane)
    {
        if (!_models.TryGetValue(model, out WaitForecast? forecast))
            return null;
        lock (forecast)
            return forecast.For(lane);
    }

    /// <summary>What a picture with so much time would be refused with now; null: it would be accepted.</summary>
    public GridException? Refusal(string model, Lane lane, TimeSpan remaining) =>
        Wait(model, lane) is { } wait && wait > Usable(remaining) ? Refusals.TooLate(model, wait, remaining, wait - Usable(remaining)) : null;

    /// <summary>Takes in a picture; it leaves by <see cref="Place.Leave"/>.</summary>
    /// <exception cref="GridException">Its time would be over before its answer.</exception>
    public Place Enter(PreparedPicture picture)
    {
        (string model, Lane lane) = (picture.Model.Name, picture.Request.Lane);
        TimeSpan now = time.Now();
        WaitForecast forecast = _models.GetOrAdd(model, _ => new(batching.InteractiveWeight, picture.Model.MaxBatchSize + 1));
        lock (forecast)
        {
            if (Refusal(model, lane, picture.Remaining(now)) is { } refusal)
                throw refusal;
            forecast.Enter(lane, now);
        }
        return new(forecast, lane, time);
    }

    // A forecast is a mean of what was: while a picture waits the rate may fall to half, as it does when a flood of requests takes the processor.
    private static TimeSpan Usable(TimeSpan remaining) => remaining * 0.5;

    /// <summary>One picture's place.</summary>
    internal readonly struct Place(WaitForecast forecast, Lane lane, TimeProvider time)
    {
        /// <summary>The picture was answered, or given up.</summary>
        public void Leave(bool answered)
        {
            lock (forecast)
                forecast.Leave(lane, answered, time.Now());
        }
    }
}
