using System.Diagnostics;
using VitGrid.LoadTest.Processes;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Pages;

/// <summary>What is asked of open pages.</summary>
/// <param name="Pages">How many.</param>
/// <param name="Windows">How many of them are windows of Chromium, while all are seen; the others are raw circuits.</param>
/// <param name="Time">How long each state is measured.</param>
/// <param name="Beside">What is sent while they are open; see <see cref="BesideLoad"/>.</param>
/// <param name="Rounds">Turns of hidden and seen pages beside that.</param>
/// <param name="Settle">How long pages that left have to be forgotten.</param>
internal sealed record PagesQuestion(
    int Pages, int Windows, TimeSpan Time, IReadOnlyList<string> Beside, int Rounds, TimeSpan Settle)
{
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(10);

    /// <summary>How long a state lasts before it is measured.</summary>
    public TimeSpan WarmUp => Time < LongestWarmUp ? Time : LongestWarmUp;
}

/// <summary>
/// A server of its own, and pages that watch its grid as browsers' do, by raw circuits: they answer what the server asks of a browser, and
/// acknowledge each change that they are shown. Memory is read after a full collection, in each state.
/// </summary>
/// <param name="program">vitgrid.dll.</param>
/// <param name="question">What is asked.</param>
/// <param name="progress">Told how far it is.</param>
internal sealed class PagesRun(string program, PagesQuestion question, TextWriter progress)
{
    /// <summary>What all pages together may take of one core, and each of memory in bytes.</summary>
    public const double MaxCore = 0.05, MaxBytes = 500_000;

    private const int WarmUpPages = 30;
    private const string GridPath = "/grid";

    private static readonly TimeSpan LoadingLimit = TimeSpan.FromMinutes(5);

    private readonly List<PageCircuit> _open = [];
    private readonly List<string> _states = [];

    /// <summary>The lines of the report, and whether pages cost no more than they may.</summary>
    public async Task<(IReadOnlyList<string> Lines, bool IsCheap)> RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory("out/pages");
        using HttpClient http = new();
        using ServerProcess server = ServerProcess.Start(
            program, Ports.Take(1)[0],
            // A page that has left keeps its place for a while.
            [Text($"--VitGrid:Http:PageCircuits={question.Pages + WarmUpPages + 1}")], "out/pages/server.log");
        await server.WaitUntilReadyAsync(cancellationToken, LoadingLimit);
        using Process process = Process.GetProcessById(server.Process.Id);
        Task<Figure> MeasureAsync(string state) => this.MeasureAsync(state, process, http, server.Address, cancellationToken);
        try
        {
            // What is loaded, and compiled anew as it is seen to be called often, costs once and is not counted for each.
            await OpenAsync(Math.Min(question.Pages, WarmUpPages), server.Address, cancellationToken);
            await Task.WhenAll(_open.Select(page => page.WaitAsync((int)question.WarmUp.TotalSeconds, cancellationToken)));
            await CloseAsync();
            await Task.Delay(question.Settle, cancellationToken);
            Figure none = await MeasureAsync("no page");
            await OpenAsync(question.Pages - question.Windows, server.Address, cancellationToken);
            Figure all;
            using (new BrowserWindows(new(server.Address, GridPath), question.Windows))
            {
                if (question.Windows > 0)
                    await BrowserWindows.WaitAsync(http, server.Address, question.Pages, cancellationToken);
                all = await MeasureAsync("all seen");
            }
            await ShowAsync(false, cancellationToken);
            Figure hidden = await MeasureAsync("all hidden");
            string[] beside = await BesideAsync(server.Address, cancellationToken);
            await CloseAsync();
            await Task.Delay(question.Settle, cancellationToken);
            Figure left = await MeasureAsync("all closed");
            return Report(none, all, hidden, left, beside);
        }
        finally
        {
            await CloseAsync();
        }
    }

    private (IReadOnlyList<string> Lines, bool IsCheap) Report(Figure none, Figure all, Figure hidden, Figure left, string[] beside)
    {
        // A young server has more to do of its own. What objects take of memory that the collector had anyway is theirs all the same.
        double core = all.Core - Math.Min(none.Core, left.Core);
        double resident = Each(all.Resident, none.Resident), alive = Each(all.Alive, none.Alive), bytes = Math.Max(resident, alive);
        bool isCheap = core <= MaxCore && bytes <= MaxBytes;
        return (
            [
                Text($"{question.Pages} pages that watch the grid{Windows}, {question.Time.TotalSeconds:0} s each state; ")
                    + "memory after a full collection",
                "",
                "| state | of one core | resident, MB | the collector's, MB | alive, MB | changes shown a page and second |",
                "|---|---|---|---|---|---|",
                .. _states, "",
                Text($"pages take {core * 100:0.0} % of a core in all (at most {MaxCore * 100:0} %) and {bytes / 1e6:0.00} MB each ")
                    + Text($"(at most {MaxBytes / 1e6:0.0} MB; objects {alive / 1e6:0.00}, resident {resident / 1e6:0.00}): ")
                    + Text($"{(isCheap ? "within" : "beyond")} what they may; objects of a hidden page ")
                    + Text($"{Each(hidden.Alive, none.Alive) / 1e6:0.00} MB, of one that has left ")
                    + Text($"{Each(left.Alive, none.Alive) / 1e6:0.00} MB"),
                .. beside,
            ],
            isCheap);
    }

    private string Windows => question.Windows == 0 ? "" : Text($", {question.Windows} of them in Chromium while all are seen");

    private double Each(long with, long without) => (with - without) / (double)question.Pages;

    /// <summary>Rates of images while pages are seen beside those while they are hidden, in turns.</summary>
    private async Task<string[]> BesideAsync(Uri server, CancellationToken cancellationToken)
    {
        List<string> lines = [];
        foreach (string kind in question.Beside)
        {
            using BesideLoad load = new(server, kind);
            List<(double Hidden, double Seen)> rounds = [];
            for (int round = 0; round <= question.Rounds; round++)
            {
                double hidden = await load.RateAsync(question.Time, cancellationToken);
                await ShowAsync(true, cancellationToken);
                double seen = await load.RateAsync(question.Time, cancellationToken);
                await ShowAsync(false, cancellationToken);
                await progress.WriteLineAsync(Text($"{kind}, round {round}: {hidden:0.0}/s hidden, {seen:0.0}/s seen"));
                // The first warms up.
                if (round > 0)
                    rounds.Add((hidden, seen));
            }
            double[] ratios = [.. rounds.Select(round => round.Seen / round.Hidden).Order()];
            lines.Add(Text($"{kind}: {Median(rounds.Select(round => round.Hidden)):0.0} images/s beside hidden pages, ")
                + Text($"{Median(rounds.Select(round => round.Seen)):0.0} beside seen ones, ratio {Median(ratios):0.000} ")
                + Text($"({ratios[0]:0.000} to {ratios[^1]:0.000} of {ratios.Length} rounds)"));
        }
        return [.. lines];
    }

    private async Task ShowAsync(bool areSeen, CancellationToken cancellationToken)
    {
        foreach (PageCircuit page in _open)
            await page.ShowAsync(areSeen, cancellationToken);
    }

    private async Task OpenAsync(int pages, Uri server, CancellationToken cancellationToken)
    {
        for (int i = 0; i < pages; i++)
            _open.Add(await PageCircuit.OpenAsync(server, GridPath, cancellationToken));
    }

    private async Task CloseAsync()
    {
        foreach (PageCircuit page in _open)
            await page.DisposeAsync();
        _open.Clear();
    }

    private async Task<Figure> MeasureAsync(
        string state, Process process, HttpClient http, Uri server, CancellationToken cancellationToken)
    {
        await Task.Delay(question.WarmUp, cancellationToken);
        process.Refresh();
        (TimeSpan busy, long changes, long begun) = (process.TotalProcessorTime, Changes, Stopwatch.GetTimestamp());
        await Task.Delay(question.Time, cancellationToken);
        foreach (PageCircuit page in _open)
            page.DemandOpen();
        process.Refresh();
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds, core = (process.TotalProcessorTime - busy).TotalSeconds / seconds;
        double shown = _open.Count == 0 ? 0 : (Changes - changes) / seconds / _open.Count;
        HeapBytes heap = await FullCollection.RunAsync(process, http, server, cancellationToken);
        process.Refresh();
        Figure figure = new(core, process.WorkingSet64, heap.Alive);
        _states.Add(
            Text($"| {state} | {core * 100:0.0} % | {figure.Resident / 1e6:0.0} | {heap.Committed / 1e6:0.0} | {heap.Alive / 1e6:0.0} | ")
                + Text($"{shown:0.00} |"));
        await progress.WriteLineAsync(_states[^1]);
        return figure;
    }

    private long Changes => _open.Sum(page => page.Changes);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private readonly record struct Figure(double Core, long Resident, long Alive);
}
