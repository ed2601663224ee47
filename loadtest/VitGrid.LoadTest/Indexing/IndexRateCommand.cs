using System.CommandLine;

namespace VitGrid.LoadTest.Indexing;

/// <summary><c>index-rate</c>: the queue's pictures a second beside those of online clients.</summary>
internal static class IndexRateCommand
{
    private const string Folder = "out/index-rate";

    public static Command Create(Option<string> server, Option<int> clients, Option<string?> results)
    {
        Option<int> pictures = new("--pictures") { Description = "pictures sent online and indexed", DefaultValueFactory = _ => 2_000 };
        Command command = new("index-rate", "one server: pictures a second online, then through the queue, and what a lone client waits meanwhile. Example: vitgrid-loadtest index-rate --pictures 2000")
        {
            server, pictures, clients, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            IndexRate rate = new(Path.GetFullPath(parsed.GetValue(server)!), parsed.GetValue(pictures), parsed.GetValue(clients), Path.GetFullPath(Folder), Console.Error);
            IReadOnlyList<string> lines = await rate.RunAsync(cancellation);
            string text = string.Join(Environment.NewLine, [Machine.Line(), $"vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}", "", .. lines]);
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return 0;
        });
        return command;
    }
}
