using System.CommandLine;
using VitGrid.LoadTest.Trials;

namespace VitGrid.LoadTest.Indexing;

/// <summary><c>index-sources</c>: the queue's images per second from files and from archives.</summary>
internal static class IndexSourcesCommand
{
    private const string Folder = "out/index-sources";

    public static Command Create(Option<string> server, Option<string?> results, Argument<string[]> serve)
    {
        Option<int> images = new("--pictures")
        {
            Description = "images indexed from each source in each round", DefaultValueFactory = _ => 6_000,
        };
        Option<int> rounds = new("--rounds") { Description = "how often the sources take turns", DefaultValueFactory = _ => 3 };
        Option<string> model = new("--model")
        {
            Description = "a model's name, or a checkpoint's folder", DefaultValueFactory = _ => ChaosGrid.Model,
        };
        Option<int?> size = new("--size") { Description = "input side in pixels of the checkpoint's folder; its own by default" };
        Option<int> side = new("--side")
        {
            Description = "width and height of the images in pixels, a multiple of 4", DefaultValueFactory = _ => 32,
        };
        Command command = new("index-sources",
            "one server: images a second through the queue from files, from tar archives, from archives in gzip and from a bucket, taking "
                + "turns. "
                + "Example: vitgrid-loadtest index-sources --pictures 6000")
        {
            server, images, rounds, model, size, side, results, serve,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            IndexSourcesOptions options = new(
                Path.GetFullPath(parsed.GetValue(server)!), parsed.GetValue(images), parsed.GetValue(rounds), Path.GetFullPath(Folder),
                parsed.GetValue(serve) ?? [])
            {
                Model = parsed.GetValue(model)!, Size = parsed.GetValue(size), Side = parsed.GetValue(side),
            };
            (IReadOnlyList<string> lines, IReadOnlyList<Check> checks) = await new IndexSources(options, Console.Error).RunAsync(
                cancellation);
            string asked = $"vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}";
            string text = string.Join(
                Environment.NewLine, [Machine.Line(), asked, "", .. lines, "", .. checks.Select(check => check.ToString())]);
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return checks.All(check => check.Holds) ? 0 : 1;
        });
        return command;
    }
}
