using System.Globalization;
using VitGrid.Indexing.Administration;

namespace VitGrid.Server.Verbs.Index;

/// <summary>Follows a job to its end.</summary>
internal static class IndexWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(15);

    /// <summary>Shows progress until the job is over.</summary>
    /// <returns><see cref="ExitCode.SomeItemsFailed"/> where items are dead or were cancelled.</returns>
    public static async Task<int> WaitAsync(Terminal terminal, IndexJobService service, string job, CancellationToken cancellationToken)
    {
        JobStatus last = (await service.StatusAsync(job, cancellationToken)).Jobs[0];
        string? problem = null;
        Queue<(long At, long Ended)> seen = new();
        await ProgressDisplay.RunAsync(terminal, () => Line(last, Rate(seen)), terminal.ErrorIsTerminal, async report =>
        {
            while (!last.IsOver())
            {
                report(last.Total == 0 ? 0 : (double)last.Ended() / last.Total);
                await Task.Delay(Pause, cancellationToken);
                last = (await service.StatusAsync(job, cancellationToken)).Jobs[0];
                if (last.Problem is { } now && now != problem)
                    terminal.Say($"job {job} waits: {now}");
                problem = last.Problem;
                Note(seen, last.Ended());
            }
        });
        terminal.Say($"job {job} is {last.State}: {Amounts.Count(last.Done)} done, {Amounts.Count(last.Dead)} dead, "
            + $"{Amounts.Count(last.Cancelled)} cancelled, {Amounts.Number(last.PerSecond, 3)}/s");
        if (last.Dead > 0)
            terminal.Say($"'vitgrid index dead {job}' says why, 'vitgrid index retry {job}' tries them again");
        if (last.Missing > 0)
            terminal.Say($"{Amounts.Count(last.Missing)} items of job {job} are nowhere: entries of the queue were deleted behind its "
                + $"back; submit them again under another id");
        return last.Dead + last.Cancelled + last.Missing > 0 ? ExitCode.SomeItemsFailed : ExitCode.Done;
    }

    /// <summary>One job in one line: how far, how fast, how much longer.</summary>
    public static string Line(JobStatus job, double rate)
    {
        double? left = rate > 0 && !job.IsOver() ? (job.Total - job.Ended()) / rate : null;
        string eta = left is { } seconds
            ? $", {TimeSpan.FromSeconds(Math.Ceiling(seconds)).ToString("c", CultureInfo.InvariantCulture)} left" : "";
        return $"{job.Job} {Amounts.Count(job.Ended())}/{Amounts.Count(job.Total)}, "
            + $"{Amounts.Number(rate, 3)}/s{eta}{(job.Dead > 0 ? $", {Amounts.Count(job.Dead)} dead" : "")}";
    }

    private static void Note(Queue<(long At, long Ended)> seen, long ended)
    {
        seen.Enqueue((Environment.TickCount64, ended));
        while (seen.Count > 2 && Environment.TickCount64 - seen.Peek().At > Window.TotalMilliseconds)
            seen.Dequeue();
    }

    private static double Rate(Queue<(long At, long Ended)> seen) => seen.Count < 2 || seen.Last().At == seen.Peek().At
        ? 0
        : (seen.Last().Ended - seen.Peek().Ended) * 1000.0 / (seen.Last().At - seen.Peek().At);
}
