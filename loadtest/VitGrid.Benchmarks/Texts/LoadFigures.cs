using System.Collections.Concurrent;
using System.Diagnostics;

namespace VitGrid.Benchmarks.Texts;

/// <summary>What callers got that send the next request when they have their answer, by their kind.</summary>
/// <param name="Rates">Answers a second.</param>
/// <param name="P95">Milliseconds within which 95 of 100 were answered.</param>
internal sealed record LoadFigures(double[] Rates, double[] P95)
{
    private const int Callers = 8;

    /// <summary>Lets eight callers of each kind loose; the first sixth of the time is not counted.</summary>
    public static async Task<LoadFigures> MeasureAsync(
        Func<CancellationToken, Task>[] kinds, TimeSpan measured, CancellationToken cancellationToken)
    {
        TimeSpan warmUp = measured / 5;
        ConcurrentBag<double>[] taken = [.. kinds.Select(_ => new ConcurrentBag<double>())];
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(kinds.SelectMany((kind, index) => Enumerable.Range(0, Callers).Select(_ => CallAsync(kind, taken[index]))));
        return new(
            [.. taken.Select(times => times.Count / measured.TotalSeconds)],
            [.. taken.Select(times => times.Order().ElementAtOrDefault(times.Count * 95 / 100))]);

        async Task CallAsync(Func<CancellationToken, Task> kind, ConcurrentBag<double> times)
        {
            while (Stopwatch.GetElapsedTime(began) < warmUp + measured)
            {
                long sent = Stopwatch.GetTimestamp();
                await kind(cancellationToken);
                if (Stopwatch.GetElapsedTime(began) is var now && now > warmUp && now < warmUp + measured)
                    times.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }
        }
    }
}
