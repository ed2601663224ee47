using System.Diagnostics;
using VitGrid.LoadTest.Processes;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Pages;

/// <summary>
/// A server of its own, and pages that watch its grid as browsers' do, by raw circuits: they answer what the server asks of a browser, and
/// acknowledge each change that they are shown.
/// </summary>
/// <param name="program">vitgrid.dll.</param>
/// <param name="pages">How many.</param>
/// <param name="time">How long each state is measured.</param>
/// <param name="progress">Told how far it is.</param>
internal sealed class PagesRun(string program, int pages, TimeSpan time, TextWriter progress)
{
    /// <summary>What all pages together may take of one core, and each of memory in bytes.</summary>
    public const double MaxCore = 0.05, MaxBytes = 500_000;

    private static readonly TimeSpan LoadingLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    /// <summary>The lines of the report, and whether pages cost no more than they may.</summary>
    public async Task<(IReadOnlyList<string> Lines, bool IsCheap)> RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory("out/pages");
        using ServerProcess server = ServerProcess.Start(
            program, Ports.Take(1)[0], [Text($"--VitGrid:Http:PageCircuits={pages + 1}")], "out/pages/server.log");
        await server.WaitUntilReadyAsync(cancellationToken, LoadingLimit);
        Process process = Process.GetProcessById(server.Process.Id);
        // One page, so that what is compiled and loaded once is not counted for each.
        await using (PageCircuit first = await PageCircuit.OpenAsync(server.Address, "/grid", cancellationToken))
            await first.WaitAsync(5, cancellationToken);
        Figure none = await MeasureAsync("no page", process, [], cancellationToken);
        List<PageCircuit> open = [];
        try
        {
            for (int i = 0; i < pages; i++)
                open.Add(await PageCircuit.OpenAsync(server.Address, "/grid", cancellationToken));
            Figure all = await MeasureAsync("all pages", process, open, cancellationToken);
            foreach (PageCircuit page in open)
                await page.HideAsync(cancellationToken);
            Figure hidden = await MeasureAsync("all hidden", process, open, cancellationToken);
            double core = all.Core - none.Core, bytes = (double)(all.Resident - none.Resident) / pages;
            bool isCheap = core <= MaxCore && bytes <= MaxBytes;
            return (
                [
                    Text($"{pages} pages that watch the grid, {time.TotalSeconds:0} s each state"), "",
                    "| state | of one core | resident, MB | changes shown a page and second |", "|---|---|---|---|",
                    Line("no page", none), Line("all seen", all), Line("all hidden", hidden), "",
                    Text($"pages take {core * 100:0.0} % of a core in all (at most {MaxCore * 100:0} %) and {bytes / 1e6:0.00} MB each ")
                        + Text($"(at most {MaxBytes / 1e6:0.0} MB): {(isCheap ? "within" : "beyond")} what they may"),
                ],
                isCheap);
        }
        finally
        {
            foreach (PageCircuit page in open)
                await page.DisposeAsync();
        }
    }

    private static string Line(string state, Figure figure) =>
        Text($"| {state} | {figure.Core * 100:0.0} % | {figure.Resident / 1e6:0} | {figure.Changes:0.00} |");

    private async Task<Figure> MeasureAsync(
        string state, Process process, List<PageCircuit> open, CancellationToken cancellationToken)
    {
        await Task.Delay(WarmUp, cancellationToken);
        process.Refresh();
        (TimeSpan busy, long changes, long begun) = (process.TotalProcessorTime, open.Sum(page => page.Changes), Stopwatch.GetTimestamp());
        await Task.Delay(time, cancellationToken);
        foreach (PageCircuit page in open)
            page.DemandOpen();
        process.Refresh();
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        Figure figure = new(
            (process.TotalProcessorTime - busy).TotalSeconds / seconds, process.WorkingSet64,
            open.Count == 0 ? 0 : (open.Sum(page => page.Changes) - changes) / seconds / open.Count);
        await progress.WriteLineAsync(Line(state, figure));
        return figure;
    }

    private readonly record struct Figure(double Core, long Resident, double Changes);
}
