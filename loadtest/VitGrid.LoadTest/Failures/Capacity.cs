using System.Diagnostics;
using VitGrid.Client;

namespace VitGrid.LoadTest.Failures;

/// <summary>What the whole grid can carry, and the part of it that is put on it: two workers of three must carry it too.</summary>
internal static class Capacity
{
    private const int Clients = 16;
    private const double Part = 0.4;
    private const double Lowest = 2;
    private const double Highest = 200;

    /// <summary>The rate for <paramref name="answers"/> right answers in <paramref name="time"/> under full load.</summary>
    public static double Rate(int answers, TimeSpan time) => Math.Clamp(Math.Round(Part * answers / time.TotalSeconds, 1), Lowest, Highest);

    /// <summary>Loads the idle grid fully for <paramref name="length"/>.</summary>
    /// <exception cref="InvalidOperationException">An answer was wrong or failed: the grid is not fit for experiments.</exception>
    public static async Task<double> MeasureAsync(VitGridClient client, Truth truth, TimeSpan length, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        int[] answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(CountAsync));
        return Rate(answers.Sum(), Stopwatch.GetElapsedTime(begun));

        async Task<int> CountAsync(int first)
        {
            int count = 0;
            for (; Stopwatch.GetElapsedTime(begun) < length; count++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (Outcome outcome, string? fault) = await OpenLoop.AskAsync(client, truth, first + count);
                if (outcome != Outcome.Answered)
                    throw new InvalidOperationException($"the undisturbed grid does not answer as one process does: {outcome} {fault}");
            }
            return count;
        }
    }
}
