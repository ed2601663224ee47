namespace VitGrid.LoadTest.Load;

/// <summary>When requests of an open loop are due.</summary>
internal enum ArrivalProcess
{
    /// <summary>Independent clients: times between requests are exponential.</summary>
    Poisson,

    /// <summary>One every 1 / rate seconds.</summary>
    Fixed,
}

/// <summary>A stretch of steady load.</summary>
/// <param name="Rate">Requests a second.</param>
/// <param name="Length">How long.</param>
/// <param name="Counted">Whether it counts; a warm-up does not.</param>
internal sealed record LoadStep(double Rate, TimeSpan Length, bool Counted = true);

/// <summary>A request's time, counted from the beginning of the load.</summary>
/// <param name="Due">When it is to be sent.</param>
/// <param name="Step">The step it belongs to.</param>
internal readonly record struct Arrival(TimeSpan Due, int Step);

/// <summary>The times at which an open loop sends, whatever became of the requests before. Pure: equal seeds give equal times.</summary>
internal static class Arrivals
{
    /// <summary>All arrivals of <paramref name="steps"/>, one step after the other.</summary>
    public static IEnumerable<Arrival> From(IReadOnlyList<LoadStep> steps, ArrivalProcess process, int seed)
    {
        Random random = new(seed);
        TimeSpan begin = TimeSpan.Zero;
        for (int step = 0; step < steps.Count; step++)
        {
            TimeSpan end = begin + steps[step].Length;
            double mean = 1 / steps[step].Rate;
            TimeSpan due = begin + (process == ArrivalProcess.Fixed ? TimeSpan.Zero : Gap(mean));
            for (int i = 1; due < end; i++)
            {
                yield return new(due, step);
                // Multiplied, not summed up: a rounding error a request would bend a rate.
                due = process == ArrivalProcess.Fixed ? begin + TimeSpan.FromSeconds(i * mean) : due + Gap(mean);
            }
            begin = end;
        }

        TimeSpan Gap(double mean) => TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) * mean);
    }
}
