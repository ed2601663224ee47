using Microsoft.Playwright;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Pages;

/// <summary>The pages of jobs and of models, in a real browser, before a real queue.</summary>
public sealed class JobsPageTests(ITestOutputHelper output) : IDisposable
{
    private readonly StartedProcesses _processes = new(output);

    private TemporaryFolder Folder => _processes.Folder;

    [BrowserFact]
    public async Task A_job_is_seen_to_its_end_and_its_dead_letters_are_read_and_tried_again()
    {
        string address = await _processes.RedisAsync();
        Directory.CreateDirectory(Folder.At("images"));
        File.Copy(Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png"), Folder.At("images", "fish.png"));
        Folder.Write("images/broken.png", "no image");
        string url = await _processes.Serve(
            "--queue-redis", address, $"--VitGrid:Indexing:Roots={Folder.Root}", $"--VitGrid:Indexing:SinkRoots={Folder.Root}",
            "--VitGrid:Indexing:PartMilliseconds=100")
            .ReadyAsync();
        await using BrowserPage browser = await BrowserPage.OpenAsync(url, "/jobs");
        await browser.SeesAsync("main p", "There is no job yet");
        VerbRun submitted = await VerbRun.RunAsync(
            "index", "submit", Folder.At("images"), "--model", "internvit-nano", "--sink", $"jsonl:{Folder.At("out.jsonl")}", "--job",
            "photos", "--queue-redis", address);
        Assert.True(submitted.ExitCode == 0, submitted.Error);
        await browser.SeesAsync("#job-photos", "finished");
        await browser.SeesAsync("section.job p", "1 of 2 done, 1 dead");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Show dead letters (1)" }).ClickAsync();
        await browser.SeesAsync("section.job td", "unsupported_image_format");
        await browser.IsAccessibleAsync();

        // What it waits for: with the fault mended, the item is done.
        File.Copy(Path.Combine(GoldenFiles.Repository, "docs", "images", "boat.png"), Folder.At("images", "broken.png"), overwrite: true);
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Show dead letters (1)" }).ClickAsync();
        await Assertions.Expect(browser.Page.GetByAltText(Folder.At("images", "broken.png"))).ToBeVisibleAsync();
        await browser.IsAccessibleAsync();
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Try the dead letters again" }).ClickAsync();
        await browser.SeesAsync("p[role=status]", "1 items are in the queue again");
        await browser.SeesAsync("section.job p", "2 of 2 done, 0 dead");
        browser.IsClean();
    }

    [BrowserFact]
    public async Task A_job_is_started_from_a_folder_below_the_roots_and_from_no_other()
    {
        string address = await _processes.RedisAsync();
        Directory.CreateDirectory(Folder.At("images"));
        foreach (string name in (string[])["fish.png", "boat.png"])
            File.Copy(Path.Combine(GoldenFiles.Repository, "docs", "images", name), Folder.At("images", name));
        string url = await _processes.Serve(
            "--queue-redis", address, $"--VitGrid:Indexing:Roots={Folder.At("images")}", $"--VitGrid:Indexing:SinkRoots={Folder.Root}",
            "--VitGrid:Indexing:PartMilliseconds=100")
            .ReadyAsync();
        await using BrowserPage browser = await BrowserPage.OpenAsync(url, "/jobs", isDark: true, width: 360);
        await browser.Page.Locator("#start summary").FocusAsync();
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#start-source-hint", Folder.At("images"));
        await browser.IsAccessibleAsync();
        await browser.Page.Locator("#start-source").FillAsync(Folder.Root);
        await browser.Page.Locator("#start-model").SelectOptionAsync("internvit-nano");
        await browser.Page.Locator("#start-sink").FillAsync($"jsonl:{Folder.At("out.jsonl")}");
        await browser.Page.Locator("#start-id").FillAsync("photos");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#start-problem", "lies outside the folders that may be read");
        await browser.Page.Locator("#start-source").FillAsync(Folder.At("images"));
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("p[role=status]", "photos is started");
        await browser.SeesAsync("#job-photos", "finished");
        await browser.SeesAsync("section.job p", "2 of 2 done, 0 dead");
        Assert.Equal(2, (await File.ReadAllLinesAsync(Folder.At("out.jsonl"))).Length);
        browser.IsClean();
    }

    [BrowserFact]
    public async Task Models_are_told_as_the_api_tells_them_and_jobs_are_not_shown_where_there_is_no_queue()
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync(await _processes.Serve().ReadyAsync(), "/models");
        await browser.SeesAsync("#model-internvit-nano", "ready");
        await browser.SeesAsync("#model-clip-nano", "ready");
        await browser.SeesAsync("#on-disk ~ .scroll th", "clip-nano");
        await browser.SeesAsync("dl.facts dt", "preprocessing");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Plan clip-nano" }).ClickAsync();
        await browser.SeesAsync("#told", "clip-nano on this process's devices in fp32");
        await browser.SeesAsync("#told ~ dl.facts dd", "on cpu:0: weights");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Verify clip-nano" }).ClickAsync();
        await browser.SeesAsync("#told", "clip-nano, as it lies on this machine");
        await browser.SeesAsync("#told ~ dl.facts dt", "fingerprint");
        await browser.SeesAsync("#forms ~ .scroll td", "not measured");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Measure internvit-nano in int8" }).ClickAsync();
        await browser.SeesAsync("#forms ~ .scroll td", "images/s, cosine 0.99");
        Assert.Equal(0, await browser.Page.Locator("nav a[href='/jobs']").CountAsync());
        await browser.IsAccessibleAsync();
        browser.IsClean();
    }

    public void Dispose() => _processes.Dispose();
}
