using Microsoft.Playwright;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Pages;

/// <summary>The screenshots of docs/page.md: of a running server, in a real browser, and small.</summary>
public sealed class ScreenshotTests(ITestOutputHelper output) : IDisposable
{
    private const long MaxBytes = 300_000;

    /// <summary>What is taken of the window, in pixels.</summary>
    private const int Width = 900, Height = 760;

    private static readonly string Folder = Path.Combine(GoldenFiles.Repository, "docs", "page");

    private readonly StartedProcesses _processes = new(output);

    [Fact]
    public void They_are_small_and_each_is_shown_by_the_document()
    {
        FileInfo[] files = new DirectoryInfo(Folder).GetFiles("*.png");
        string document = File.ReadAllText($"{Folder}.md");
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Contains($"](page/{file.Name})", document, StringComparison.Ordinal));
        Assert.InRange(files.Sum(file => file.Length), 1, MaxBytes);
    }

    /// <summary>Makes them anew.</summary>
    [ScreenshotFact]
    public async Task They_are_made_from_a_running_server()
    {
        string address = await _processes.RedisAsync();
        Directory.CreateDirectory(_processes.Folder.At("photos"));
        foreach (string drawing in Drawings("boat", "face", "fish", "house", "tree"))
            File.Copy(drawing, _processes.Folder.At("photos", Path.GetFileName(drawing)));
        _processes.Folder.Write("photos/broken.png", "no image");
        string url = await _processes.Serve(
            "--queue-redis", address, $"--VitGrid:Indexing:Roots={_processes.Folder.Root}",
            $"--VitGrid:Indexing:SinkRoots={_processes.Folder.Root}", "--VitGrid:Indexing:PartMilliseconds=100", "--devices", "cpu:0")
            .ReadyAsync();
        Directory.CreateDirectory(Folder);
        await using BrowserPage browser = await BrowserPage.OpenAsync(url, "/try", width: Width);
        await browser.ChooseAsync(Drawings("boat", "boat-turned", "fish", "fish-turned", "tree", "house"));
        await browser.SeesAsync("#progress", "6 images have their vectors");
        await TakeAsync(browser, "try", "#images");
        await browser.Page.Locator("#show-patches").ClickAsync();
        await browser.SeesAsync("#patch-progress", "Patches of 6 images");
        await TakeAsync(browser, "patches", "#patches");

        await browser.GoAsync("/grid");
        await browser.SeesAsync("#models ~ .scroll td", "serving, ready");
        await TakeAsync(browser, "grid", "h1");

        VerbRun submitted = await VerbRun.RunAsync(
            "index", "submit", _processes.Folder.At("photos"), "--model", "internvit-nano", "--sink",
            $"jsonl:{_processes.Folder.At("out.jsonl")}", "--job", "photos", "--queue-redis", address);
        Assert.True(submitted.ExitCode == 0, submitted.Error);
        await browser.GoAsync("/jobs");
        await browser.SeesAsync("#job-photos", "finished");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Show dead letters (1)" }).ClickAsync();
        await browser.SeesAsync("section.job td", "unsupported_image_format");
        await TakeAsync(browser, "jobs", "h1");
    }

    public void Dispose() => _processes.Dispose();

    /// <summary>What the window shows, once it begins with an element.</summary>
    private static async Task TakeAsync(BrowserPage browser, string name, string top)
    {
        await browser.Page.Locator(top).First.EvaluateAsync("element => element.scrollIntoView({ block: 'start', behavior: 'instant' })");
        await browser.Page.ScreenshotAsync(new()
        {
            Path = Path.Combine(Folder, $"{name}.png"),
            Caret = ScreenshotCaret.Hide,
            Animations = ScreenshotAnimations.Disabled,
            Clip = new() { Width = Width, Height = Height },
        });
    }

    private static string[] Drawings(params string[] names) =>
        [.. names.Select(name => Path.Combine(GoldenFiles.Repository, "docs", "images", $"{name}.png"))];

    /// <summary>A test that changes the documents: run by whoever means to.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class ScreenshotFactAttribute : FactAttribute
    {
        public ScreenshotFactAttribute()
        {
            if (Environment.GetEnvironmentVariable("VITGRID_SCREENSHOTS") != "1")
                Skip = "VITGRID_SCREENSHOTS is not 1";
        }
    }
}
