using Microsoft.Playwright;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Pages;

/// <summary>The page on which images are tried, in a real browser.</summary>
public sealed class TryPageTests(ITestOutputHelper output) : IDisposable
{
    private readonly StartedProcesses _processes = new(output);

    /// <summary>The README's command, a browser, five images, and what is near to what.</summary>
    [BrowserFact]
    public async Task A_newcomers_minute_drops_five_images_and_sees_their_neighbours()
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync(await _processes.Serve().ReadyAsync(), "/");
        await browser.DropAsync(Drawings("boat", "boat-turned", "fish", "fish-turned", "tree"));
        await browser.SeesAsync("#progress", "5 images have their vectors");
        await browser.SeesAsync(".cards > li:nth-child(1) ol.near li:first-child", "boat-turned.png");
        await browser.SeesAsync(".cards > li:nth-child(3) ol.near li:first-child", "fish-turned.png");
        Assert.Equal(25, await browser.Page.Locator("table.matrix tbody td").CountAsync());
        Assert.Equal("1.00", await browser.Page.Locator("table.matrix tbody tr:nth-child(2) td").Nth(1).InnerTextAsync());
        await browser.SeesAsync("#code-curl", "curl -s 'http://127.0.0.1:");
        await browser.IsAccessibleAsync();

        // The same once more is a duplicate, whatever its file is called, and comes from the cache.
        string copy = _processes.Folder.At("copy.png");
        File.Copy(Drawings("fish")[0], copy);
        await browser.ChooseAsync([copy]);
        await browser.SeesAsync("#progress", "6 images have their vectors");
        await browser.SeesAsync(".cards > li:nth-child(6) .warn", "A duplicate of 3. fish.png");
        await browser.SeesAsync(".cards > li:nth-child(6) summary", "from the cache");
        browser.IsClean();
    }

    [BrowserFact]
    public async Task Images_are_searched_by_words_and_their_patches_shown_by_keyboard_alone()
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync(
            await _processes.Serve().ReadyAsync(), "/try", isDark: true, width: 360);
        string[] demo = [.. Directory.GetFiles(
            Path.Combine(GoldenFiles.Repository, "src", "VitGrid.Server", "models", "clip-nano", "demo"), "*.png").Order().Take(5)];
        await browser.ChooseAsync(demo);
        await browser.SeesAsync("#progress", "5 images have their vectors");
        await browser.Page.Locator("#query").FocusAsync();
        await browser.Page.Keyboard.TypeAsync("a strawberry");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("ol.found li:first-child", "drawing-");

        await browser.Page.Locator("#show-patches").FocusAsync();
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#patch-progress", "Patches of 5 images");
        string before = (await browser.Page.Locator("#saliency").GetAttributeAsync("src"))!;
        await browser.Page.Locator("#patch-row").FillAsync("4");
        await browser.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(browser.Page.Locator("#saliency")).Not.ToHaveAttributeAsync("src", before);
        await browser.Page.Locator("#layer").FocusAsync();
        await browser.Page.Keyboard.PressAsync("ArrowLeft");
        await browser.SeesAsync("#patch-progress", "at layer 3");
        await browser.IsAccessibleAsync();
        browser.IsClean();
    }

    [BrowserFact]
    public async Task What_is_no_image_is_told_in_the_apis_words_and_the_others_are_shown()
    {
        string broken = _processes.Folder.Write("broken.png", "not an image"), empty = _processes.Folder.Write("empty.png");
        await using BrowserPage browser = await BrowserPage.OpenAsync(await _processes.Serve().ReadyAsync(), "/try");
        await browser.ChooseAsync([broken, .. Drawings("fish", "boat"), empty]);
        await browser.SeesAsync("#progress", "2 of 4 images have their vectors");
        await browser.SeesAsync(".cards > li:nth-child(1)", "broken.png");
        await browser.SeesAsync(".cards > li:nth-child(1) .problem", "is not a supported image");
        await browser.SeesAsync(".cards > li:nth-child(2) ol.near li", "boat.png");
        await browser.SeesAsync(".cards > li:nth-child(4) .problem", "empty");

        await browser.ChooseAsync(Enumerable.Repeat(Drawings("tree")[0], 13));
        await browser.SeesAsync("#refused p", "13 images beside the 4 that are here are more than 16");
        Assert.Equal(4, await browser.Page.Locator(".cards > li").CountAsync());
        await browser.Page.Locator("#clear").ClickAsync();
        await browser.LosesAsync(".cards > li", "fish.png");
        await browser.Page.Locator("#drawings").ClickAsync();
        await browser.SeesAsync("#progress", "15 images have their vectors");
    }

    [BrowserFact]
    public async Task A_key_that_may_embed_alone_sees_neither_patches_nor_the_grid_and_its_limit_is_told()
    {
        string keys = _processes.Folder.At("keys.json");
        VerbRun made = await VerbRun.RunAsync(
            "keys", "create", "embedder", "--scopes", "embed", "--limit", "images/day=2", "--file", keys);
        Assert.True(made.ExitCode == 0, made.Error);
        string url = await _processes.Serve("--VitGrid:Auth:Mode=required", $"--VitGrid:Auth:KeyFile={keys}").ListeningAsync();
        await using BrowserPage browser = await BrowserPage.OpenAsync(url, "/");
        await browser.Page.GetByLabel("API key").FillAsync(made.Lines[0]);
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.ChooseAsync(Drawings("boat", "boat-turned", "fish"));
        await browser.SeesAsync("#progress", "2 of 3 images have their vectors");
        await browser.SeesAsync(".cards > li:nth-child(3) .problem", "2 images");
        await browser.SeesAsync("#code-curl", "$VITGRID_KEY");
        Assert.Equal(0, await browser.Page.Locator("#patches, nav a[href='/grid']").CountAsync());
        Assert.DoesNotContain(made.Lines[0], await browser.Page.ContentAsync(), StringComparison.Ordinal);
    }

    public void Dispose() => _processes.Dispose();

    private static string[] Drawings(params string[] names) =>
        [.. names.Select(name => Path.Combine(GoldenFiles.Repository, "docs", "images", $"{name}.png"))];
}
