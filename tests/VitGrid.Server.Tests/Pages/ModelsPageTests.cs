using VitGrid.Server.Tests.Cluster;
using VitGrid.Testing;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Pages;

/// <summary>What the page does with models that are not served yet, in a real browser.</summary>
public sealed class ModelsPageTests(ITestOutputHelper output) : IDisposable
{
    private readonly StartedProcesses _processes = new(output);

    [BrowserFact]
    public async Task A_model_is_fetched_from_the_hub_where_the_process_may_and_is_offered_nowhere_else()
    {
        await using PlayedHub hub = await PlayedHub.StartAsync();
        hub.With("org/tiny", [.. Directory.EnumerateFiles(GoldenFiles.Model("tiny-native")).Select(path => new PlayedFile(
            Path.GetFileName(path), File.ReadAllBytes(path), path.EndsWith(".safetensors", StringComparison.Ordinal)))]);
        string cache = _processes.Folder.At("hub");
        string url = await _processes.Serve(
            [("HF_ENDPOINT", hub.Endpoint.ToString()), ("HF_HUB_CACHE", cache)], "--pull").ReadyAsync();
        await using BrowserPage browser = await BrowserPage.OpenAsync(url, "/models");
        await browser.Page.Locator("#hub-id").FillAsync("tiny");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#pull-problem", "'tiny' is no model's id on the hub");
        await browser.Page.Locator("#hub-id").FillAsync("org/absent");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#pull-problem", "has no org/absent");
        await browser.Page.Locator("#hub-id").FillAsync("org/tiny");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#pull-said", "org/tiny is on this machine");
        Assert.True(File.Exists(Path.Combine(cache, "models--org--tiny", "snapshots", PlayedHub.Commit, "model.safetensors")));
        await browser.IsAccessibleAsync();
        browser.IsClean();

        string without = await _processes.Serve().ReadyAsync();
        await using BrowserPage other = await BrowserPage.OpenAsync(without, "/models");
        await other.SeesAsync("#on-disk ~ .scroll th", "clip-nano");
        Assert.Equal(0, await other.Page.Locator("#pull").CountAsync());
    }

    public void Dispose() => _processes.Dispose();
}
