using System.Text.RegularExpressions;
using Microsoft.Playwright;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Pages;

/// <summary>The grid's page in a real browser, before a real grid: Redis, two workers and a front end, each a process.</summary>
public sealed partial class GridPageTests(ITestOutputHelper output) : IDisposable
{
    private readonly StartedProcesses _processes = new(output);

    [BrowserFact]
    public async Task The_page_shows_a_grid_at_work_and_goes_on_while_a_worker_is_killed_and_another_is_drained()
    {
        string address = await _processes.RedisAsync();
        List<StartedProcess> workers = [];
        // One after another: they find each other also on a machine that has other things to do.
        for (int i = 0; i < 3; i++)
        {
            workers.Add(Start(
                "--role", "worker", "--redis", address, "--model", "internvit-nano", "--devices", "cpu:0", "--replicas", "2"));
            await workers[i].ReadyAsync();
        }
        string url = await Start("--role", "api", "--redis", address).ListeningAsync();
        await using BrowserPage browser = await BrowserPage.OpenAsync(url, "/grid");
        foreach (StartedProcess worker in workers)
            await browser.SeesAsync("#workers ~ .scroll td.number", $"{worker.Id}");
        await browser.SeesAsync("#models ~ .scroll td", "serving, ready");
        await browser.SeesAsync("td:has(progress)", "%");
        await browser.SeesAsync("#models ~ p", "No wait is forecast");
        await SeesFlowAsync(browser, url);
        await browser.IsAccessibleAsync();

        workers[0].Kill();
        await browser.SeesAsync(".events li.problem", "is lost");
        await browser.LosesAsync("#workers ~ .scroll td.number", $"{workers[0].Id}");
        // By keyboard alone: to the button, and to the question it asks, which has the focus.
        ILocator drain = browser.Page.Locator("#workers ~ .scroll tr", new() { HasText = $"{workers[1].Id}" }).GetByRole(AriaRole.Button);
        await drain.FocusAsync();
        await browser.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(browser.Page.Locator("#drain-yes")).ToBeFocusedAsync();
        await browser.IsAccessibleAsync();
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync(".events li", "is draining");
        await browser.SeesAsync(".events li", "has left");
        Assert.Equal(0, await workers[1].ExitAsync());
        await browser.SeesAsync("#models ~ .scroll td", "serving, ready");
        browser.IsClean();
    }

    [BrowserFact]
    public async Task A_key_is_typed_once_and_the_page_closes_when_it_is_revoked()
    {
        string keys = _processes.Folder.At("keys.json");
        VerbRun made = await VerbRun.RunAsync("keys", "create", "watcher", "--scopes", "metrics", "--file", keys);
        Assert.True(made.ExitCode == 0, made.Error);
        string url = await Start("--VitGrid:Auth:Mode=required", $"--VitGrid:Auth:KeyFile={keys}").ListeningAsync();
        await using BrowserPage browser = await BrowserPage.OpenAsync(url, "/", isDark: true, width: 360);
        await browser.IsAccessibleAsync();
        await browser.Page.GetByLabel("API key").FillAsync("vg_wrong");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#key-problem", "cannot be one");
        await browser.Page.GetByLabel("API key").FillAsync(made.Lines[0]);
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#workers ~ .scroll td", "active");
        Assert.Equal(url + "/", browser.Page.Url);
        await browser.IsAccessibleAsync();

        Assert.Equal(0, (await VerbRun.RunAsync("keys", "revoke", "watcher", "--file", keys)).ExitCode);
        await browser.SeesAsync("h1", "asks for a key");
    }

    public void Dispose() => _processes.Dispose();

    /// <summary>Sends images until the page shows that some flow into a segment.</summary>
    private static async Task SeesFlowAsync(BrowserPage browser, string url)
    {
        using HttpClient http = new();
        byte[] image = await File.ReadAllBytesAsync(Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png"));
        Task seen = Assertions.Expect(browser.Page.Locator(".flow li").Filter(new() { HasTextRegex = Flowing() }).First).ToBeVisibleAsync();
        while (!seen.IsCompleted)
        {
            using ByteArrayContent content = new(image) { Headers = { ContentType = new("image/png") } };
            using HttpResponseMessage answer = await http.PostAsync(
                new Uri($"{url}/v1/embeddings?model=internvit-nano&cache=bypass"), content);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }
        await seen;
    }

    [GeneratedRegex(@"[1-9][\d.]* images/s, [\d.]+ batches/s, [1-9][\d.]* [KM]?i?B/s")]
    private static partial Regex Flowing();

    private StartedProcess Start(params string[] arguments) => _processes.Serve([.. arguments, .. ClusterTests.Patient]);
}
