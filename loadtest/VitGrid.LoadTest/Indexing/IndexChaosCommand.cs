using System.CommandLine;

namespace VitGrid.LoadTest.Indexing;

/// <summary><c>index-chaos</c>: the indexing queue while everything around it dies.</summary>
internal static class IndexChaosCommand
{
    private const string Folder = "out/index-chaos";

    public static Command Create(Option<string> server, Option<string?> results)
    {
        Option<int> images = new("--pictures") { Description = "images to generate and index", DefaultValueFactory = _ => 100_000 };
        Option<int> every = new("--every")
        {
            Description = "seconds between two kills, in the mean; longer where a worker takes longer to be ready, but one time in four",
            DefaultValueFactory = _ => 20,
        };
        Option<int> limit = new("--minutes") { Description = "longest time the job may take", DefaultValueFactory = _ => 120 };
        Option<string> source = new("--source")
        {
            Description = "files; tar: the same images in tar archives, some in gzip; s3: such archives in a bucket, whose server answers "
                + "some requests with 503 and breaks others off",
            DefaultValueFactory = _ => "files",
        };
        source.AcceptOnlyFromAmong("files", "tar", "s3");
        Option<string> sink = new("--sink")
        {
            Description = "file: lines on a small disk; s3: lines in a bucket of the same server, which also carries some requests out and "
                + "loses the answer",
            DefaultValueFactory = _ => "file",
        };
        sink.AcceptOnlyFromAmong("file", "s3");
        Command command = new(
            "index-chaos",
            "index generated images, 5 % equal and 1 % broken, while two workers are killed again and again, Redis once, and the sink's "
                + "disk fills once; compare every vector with embed. Example: vitgrid-loadtest index-chaos --pictures 1000 --every 3")
        {
            server, images, every, limit, source, sink, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            ChaosOptions options = new(
                Path.GetFullPath(parsed.GetValue(server)!), parsed.GetValue(images), TimeSpan.FromSeconds(
                    parsed.GetValue(every)), TimeSpan.FromMinutes(parsed.GetValue(limit)), Folder,
                Enum.Parse<ChaosSource>(parsed.GetValue(source)!, ignoreCase: true)) { IntoBucket = parsed.GetValue(sink) == "s3" };
            (IReadOnlyList<string> lines, bool passed) = await new IndexChaos(options, Console.Error).RunAsync(cancellation);
            string text = string.Join(
                Environment.NewLine, [Machine.Line(), $"vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}", "",
                    .. lines]);
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return passed ? 0 : 1;
        });
        return command;
    }
}
