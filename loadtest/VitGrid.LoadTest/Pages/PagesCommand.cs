using System.CommandLine;

namespace VitGrid.LoadTest.Pages;

/// <summary><c>pages</c>: what open pages cost a server.</summary>
internal static class PagesCommand
{
    /// <summary>The command with its options.</summary>
    public static Command Create(Option<string> server, Option<string?> results)
    {
        Option<int> pages = new("--pages") { Description = "pages that watch the grid at once", DefaultValueFactory = _ => 100 };
        Option<int> windows = new("--windows")
        {
            Description = "how many of them are windows of Chromium, where it is installed; the others are raw circuits",
        };
        Option<int> seconds = new("--watch-seconds") { Description = "how long each state is measured", DefaultValueFactory = _ => 30 };
        Option<string[]> beside = new("--beside")
        {
            Description = "images sent while pages are open, and their rate beside that while all are hidden: hits, compute",
            AllowMultipleArgumentsPerToken = true,
        };
        beside.AcceptOnlyFromAmong("hits", "compute");
        Option<int> rounds = new("--rounds") { Description = "turns of hidden and seen pages beside images", DefaultValueFactory = _ => 5 };
        Option<int> settle = new("--settle-seconds")
        {
            Description = "how long pages that left have to be forgotten; a server keeps one that lost its connection for twenty seconds",
            DefaultValueFactory = _ => 25,
        };
        Command command = new("pages",
            "what pages that watch the grid cost: the server's processor time and memory without any, with all, with all hidden, and when "
                + "they have left. Example: vitgrid-loadtest pages --pages 100 --beside hits")
        {
            server, pages, windows, seconds, beside, rounds, settle, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            PagesQuestion question = new(
                parsed.GetValue(pages), parsed.GetValue(windows), TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                parsed.GetValue(beside) ?? [], parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(settle)));
            PagesRun run = new(parsed.GetValue(server)!, question, Console.Error);
            (IReadOnlyList<string> lines, bool isCheap) = await run.RunAsync(cancellation);
            string text = string.Join(
                Environment.NewLine, [Machine.Line(), "", $"`vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}`",
                    "", .. lines]);
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return isCheap ? 0 : 1;
        });
        return command;
    }
}
