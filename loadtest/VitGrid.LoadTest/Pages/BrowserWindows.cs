using VitGrid.LoadTest.Measure;
using VitGrid.LoadTest.Processes;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Pages;

/// <summary>A page of a server in windows of Chromium, each of a browser of its own, so that none is hidden behind another.</summary>
internal sealed class BrowserWindows : IDisposable
{
    private const string Upgraded = "kestrel_upgraded_connections";

    private static readonly TimeSpan OpeningLimit = TimeSpan.FromMinutes(2);

    private readonly List<(ChildProcess Browser, string Profile)> _open = [];

    /// <summary>Opens so many.</summary>
    public BrowserWindows(Uri page, int count)
    {
        for (int i = 0; i < count; i++)
        {
            string profile = Directory.CreateTempSubdirectory("vitgrid-window-").FullName;
            _open.Add((ChildProcess.Start(
                "chromium", ["--headless=new", "--no-sandbox", "--disable-gpu", $"--user-data-dir={profile}", $"{page}"]), profile));
        }
    }

    /// <summary>Waits until the server has as many pages open as there should be with these.</summary>
    /// <exception cref="TimeoutException">Some do not come.</exception>
    public static async Task WaitAsync(HttpClient http, Uri server, int expected, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(OpeningLimit);
        double open = 0;
        while (!limit.IsCancellationRequested)
        {
            string metrics = await http.GetStringAsync(new Uri(server, "/metrics"), cancellationToken);
            open = PrometheusText.Parse(metrics).Where(sample => sample.Name == Upgraded).Sum(sample => sample.Value);
            if (open >= expected)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
        }
        throw new TimeoutException(Text($"{open:0} of {expected} pages are open after {OpeningLimit.TotalSeconds:0} s"));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((ChildProcess browser, string profile) in _open)
        {
            browser.Dispose();
            Directory.Delete(profile, recursive: true);
        }
        _open.Clear();
    }
}
