using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace VitGrid.Server.Tests.Pages;

/// <summary>A page of the server in Debian's Chromium, and everything that a newcomer must never see there.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    /// <summary>Longest time in which anything that is waited for may come: processes start on busy machines.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly Uri _server;
    private readonly ConcurrentQueue<string> _faults = new();

    private BrowserPage(IPlaywright playwright, IBrowser browser, IPage page, Uri server)
    {
        (_playwright, _browser, Page, _server) = (playwright, browser, page, server);
        page.SetDefaultTimeout((float)Patience.TotalMilliseconds);
        page.SetDefaultNavigationTimeout((float)Patience.TotalMilliseconds);
        Assertions.SetDefaultExpectTimeout((float)Patience.TotalMilliseconds);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _faults.Enqueue($"{message.Type}: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => _faults.Enqueue($"thrown: {error}");
        page.Request += (_, request) =>
        {
            if (Uri.TryCreate(request.Url, UriKind.Absolute, out Uri? url) && url.Scheme is not ("data" or "blob")
                && url.Authority != server.Authority)
                _faults.Enqueue($"asked another host: {request.Url}");
        };
    }

    public IPage Page { get; }

    /// <summary>What was wrong so far: errors and warnings of the console, exceptions, requests to other hosts.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Opens a browser, and in it a page of the server.</summary>
    /// <param name="server">Where it listens.</param>
    /// <param name="path">The page.</param>
    /// <param name="isDark">Whether its user prefers dark.</param>
    /// <param name="width">Of the window, in pixels.</param>
    public static async Task<BrowserPage> OpenAsync(string server, string path, bool isDark = false, int width = 1_280)
    {
        IPlaywright playwright = await Playwright.CreateAsync();
        // Debian's, never one that the driver would fetch.
        IBrowser browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = BrowserFactAttribute.Find("chromium"),
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
        });
        IPage page = await browser.NewPageAsync(new()
        {
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = new() { Width = width, Height = 900 },
        });
        BrowserPage opened = new(playwright, browser, page, new(server));
        await opened.GoAsync(path);
        return opened;
    }

    public Task GoAsync(string path) => Page.GotoAsync(new Uri(_server, path).ToString());

    /// <summary>Chooses files, once the page takes some: what is chosen before is for nobody.</summary>
    public async Task ChooseAsync(IEnumerable<string> files)
    {
        await Assertions.Expect(Page.Locator("#files")).ToBeEnabledAsync();
        await Page.Locator("#files").SetInputFilesAsync(files);
    }

    /// <summary>Drops files beside everything that the page shows, once it takes some.</summary>
    public async Task DropAsync(IEnumerable<string> files)
    {
        await Assertions.Expect(Page.Locator("#files")).ToBeEnabledAsync();
        string[][] dropped = [.. files.Select(file => (string[])[Path.GetFileName(file), Convert.ToBase64String(File.ReadAllBytes(file))])];
        IJSHandle data = await Page.EvaluateHandleAsync(
            """
            files => {
              const data = new DataTransfer();
              for (const [name, text] of files)
                data.items.add(new File([Uint8Array.from(atob(text), letter => letter.charCodeAt(0))], name, { type: "image/png" }));
              return data;
            }
            """,
            dropped);
        await Page.Locator("main").DispatchEventAsync("drop", new Dictionary<string, object> { ["dataTransfer"] = data });
    }

    /// <summary>Waits until an element with this text is seen.</summary>
    public Task SeesAsync(string selector, string text) =>
        Assertions.Expect(Page.Locator(selector).Filter(new() { HasText = text }).First).ToBeVisibleAsync();

    /// <summary>Waits until no element with this text is there.</summary>
    public Task LosesAsync(string selector, string text) =>
        Assertions.Expect(Page.Locator(selector).Filter(new() { HasText = text })).ToHaveCountAsync(0);

    /// <summary>Checks that axe finds nothing serious, and that nothing is wider than the window.</summary>
    public async Task IsAccessibleAsync()
    {
        AxeResult result = await Page.RunAxe();
        Assert.Empty(result.Violations.Where(violation => violation.Impact is "serious" or "critical").Select(violation =>
            $"{violation.Id}: {violation.Help}: {string.Join("; ", violation.Nodes.Select(node => node.Html))}"));
        Assert.True(
            await Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"),
            "the page is wider than its window");
    }

    /// <summary>Checks that nothing was wrong.</summary>
    public void IsClean() => Assert.Empty(_faults);

    public async ValueTask DisposeAsync()
    {
        await _browser.CloseAsync();
        _playwright.Dispose();
    }
}
