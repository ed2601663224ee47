using System.CommandLine;

namespace VitGrid.LoadTest.Spread;

/// <summary><c>spread</c>: one image through segments in one process and in several.</summary>
internal static class SpreadCommand
{
    private const string Logs = "out/spread";

    /// <summary>The command with its options.</summary>
    public static Command Create(Option<string> server, Option<string?> results)
    {
        Option<string> model = new("--model") { Description = "folder of the checkpoint", Required = true };
        Option<string> image = new("--picture") { Description = "the image to embed", DefaultValueFactory = _ => "docs/images/house.png" };
        Option<string> precision = new(
            "--precision") { Description = "arithmetic, as vitgrid serve takes it", DefaultValueFactory = _ => "auto" };
        Option<int> workers = new("--workers") { Description = "worker processes, one segment in each", DefaultValueFactory = _ => 3 };
        Command command = new("spread",
            "one image through a model's segments in one process, then in one worker process each: vectors bit for bit, seconds, memory, "
                + "bytes moved")
        {
            server, model, image, precision, workers, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            SpreadOptions options = new(
                parsed.GetValue(server)!, parsed.GetValue(model)!, parsed.GetValue(image)!, parsed.GetValue(precision)!, parsed.GetValue(
                    workers), Logs);
            (IReadOnlyList<string> lines, bool same) = await new SpreadRun(options, Console.Error).RunAsync(cancellation);
            string text = string.Join(
                Environment.NewLine, [Machine.Line(), $"vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}", "",
                    .. lines]);
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return same ? 0 : 1;
        });
        return command;
    }
}
