using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// The images that this process computes or waits for, and what that means for the next one: an image that could not be answered in time is
/// refused before anything is spent on it, instead of being given up when its time is over. Any thread may call.
/// </summary>
public sealed class Backlog(BatchingOptions batching, [FromKeyedServices(GridClock.Key)] TimeProvider time)
{
    private readonly ConcurrentDictionary<string, WaitForecast> _models = new();

    /// <summary>Time to the answer of one more image; null: not known.</summary>
    internal TimeSpan? Wait(string model, Lane lane)
    {
        if (!_models.TryGetValue(model, out WaitForecast? forecast))
            return null;
        lock (forecast)
            return forecast.For(lane);
    }

    /// <summary>What an image with so much time would be refused with now; null: it would be accepted.</summary>
    internal GridException? Refusal(string model, Lane lane, TimeSpan remaining) =>
        Wait(model, lane) is { } wait && wait > Usable(remaining)
            ? Refusals.TooLate(model, wait, remaining, wait - Usable(remaining)) : null;

    /// <summary>Takes in an image; it leaves by <see cref="Place.Leave"/>.</summary>
    /// <exception cref="GridException">Its time would be over before its answer.</exception>
    internal Place Enter(PreparedImage image)
    {
        (string model, Lane lane) = (image.Model.Name, image.Request.Lane);
        TimeSpan now = time.Now();
        WaitForecast forecast = _models.GetOrAdd(model, _ => new(batching.InteractiveWeight, image.Model.MaxBatchSize + 1));
        lock (forecast)
        {
            if (Refusal(model, lane, image.Remaining(now)) is { } refusal)
                throw refusal;
            forecast.Enter(lane, now);
        }
        return new(forecast, lane, time);
    }

    // A forecast is a mean of what was: while an image waits the rate may fall to half, as it does when a flood of requests takes the
    // processor.
    private static TimeSpan Usable(TimeSpan remaining) => remaining * 0.5;

    /// <summary>One image's place.</summary>
    internal readonly struct Place(WaitForecast forecast, Lane lane, TimeProvider time)
    {
        /// <summary>The image was answered, or given up.</summary>
        public void Leave(bool answered)
        {
            lock (forecast)
                forecast.Leave(lane, answered, time.Now());
        }
    }
}
