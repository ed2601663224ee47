using System.CommandLine;
using System.Globalization;
using VitGrid.Engine.Options;

namespace VitGrid.Benchmarks.Pipeline;

/// <summary><c>pipeline</c>, and the hidden <c>pipeline-node</c> that its child processes run.</summary>
internal static class PipelineCommand
{
    public static Command Create(string[] arguments, Option<string?> results)
    {
        Option<int[]> stages = new(
            "--stages") { Description = "numbers of stages, each in a process of its own", AllowMultipleArgumentsPerToken = true,
                DefaultValueFactory = _ => [2, 4, 8] };
        Option<int> milliseconds = new("--stage-ms") { Description = "time a stage takes for a batch", DefaultValueFactory = _ => 60 };
        Option<int> batch = new("--batch") { Description = "images in a batch", DefaultValueFactory = _ => 1 };
        Option<int> seconds = new("--seconds") { Description = "length of each measurement", DefaultValueFactory = _ => 15 };
        Command command = new("pipeline",
            "How busy S stages of a fixed simulated time are kept in S worker processes, and the Orleans messages an image costs")
        {
            stages, milliseconds, batch, seconds, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            PipelineQuestion question = new(
                TimeSpan.FromMilliseconds(parsed.GetValue(milliseconds)), parsed.GetValue(batch), parsed.GetValue(seconds));
            IReadOnlyList<string> lines = await new PipelineBenchmark(question, Console.Error).RunAsync(
                parsed.GetValue(stages)!, cancellation);
            await Report.WriteAsync(arguments, lines, parsed.GetValue(results), cancellation);
        });
        return command;
    }

    /// <summary>The hidden command.</summary>
    public static Command Node()
    {
        Argument<string[]> values = new("values") { Arity = new(5, 5) };
        Command command = new("pipeline-node") { values };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            string[] given = parsed.GetValue(values)!;
            int batch = int.Parse(given[3], CultureInfo.InvariantCulture);
            GridOptions options = new()
            {
                Models = [new() { Name = "model", Directory = given[1], Segments = int.Parse(given[2], CultureInfo.InvariantCulture) }],
                Batching = new() { MaxBatchSize = batch, MaxBatchGigaflop = 1_000_000 },
                Cluster = new() { Redis = given[0] },
            };
            await StageNode.RunAsync(options, TimeSpan.FromMilliseconds(int.Parse(given[4], CultureInfo.InvariantCulture)));
        });
        return command;
    }

    public static IEnumerable<string> NodeArguments(string redis, string model, int stages, PipelineQuestion question) =>
    [
        "pipeline-node",
        redis,
        model,
        stages.ToString(CultureInfo.InvariantCulture),
        question.Batch.ToString(CultureInfo.InvariantCulture),
        question.StageTime.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
    ];
}
