using System.CommandLine;

namespace VitGrid.Benchmarks.Flips;

/// <summary><c>vitgrid-benchmarks flips</c>.</summary>
internal static class FlipsCommand
{
    public static Command Create(string[] arguments, Option<string> model, Option<string> images, Option<string?> results)
    {
        Option<int> flips = new("--flips") { Description = "bits to turn, one after the other", DefaultValueFactory = _ => 1_000 };
        Option<int> seed = new(
            "--seed") { Description = "draws the first; each later one has the next number", DefaultValueFactory = _ => 1 };
        Option<int?> size = new("--size") { Description = "side of the images in pixels; the model's own by default" };
        Option<int> threads = new(
            "--threads") { Description = "threads of a run", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<int> seen = new("--if-seen")
        {
            Description = "for how many of the bits that the probe sees golden images are computed as well; all by default. "
                + "With the others they always are",
            DefaultValueFactory = _ => int.MaxValue,
        };
        Command command = new("flips",
            "turned bits of weights: whether a probe sees every one that changes the vector of an image, and what probes cost")
        {
            model, images, flips, seed, size, threads, seen, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            FlipsBenchmark benchmark = new(
                parsed.GetValue(model)!, parsed.GetValue(images)!, parsed.GetValue(size), parsed.GetValue(threads),
                parsed.GetValue(seen));
            FlipsResult result = benchmark.Run(parsed.GetValue(seed), parsed.GetValue(flips), Console.Error, cancellation);
            await Report.WriteAsync(arguments, result.Lines(), parsed.GetValue(results), cancellation);
            return result.Missed.Any() ? 1 : 0;
        });
        return command;
    }

    /// <summary><c>vitgrid-benchmarks opinions</c>.</summary>
    public static Command Opinions(string[] arguments, Option<string> model, Option<string> images, Option<string?> results)
    {
        Option<int[]> shares = new("--per-mille")
        {
            Description = "images of a thousand for which a second opinion is asked; may be repeated",
            DefaultValueFactory = _ => [100, 300, 1_000],
        };
        Option<int> count = new("--count") { Description = "images of each share", DefaultValueFactory = _ => 4_000 };
        Option<int> seed = new("--seed") { Description = "draws runs and bits", DefaultValueFactory = _ => 1 };
        Command command = new("opinions", "bits of results that turn now and then: the part that a second opinion finds")
        {
            model, images, shares, count, seed, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            OpinionsResult result = await new OpinionsBenchmark(parsed.GetValue(model)!, parsed.GetValue(images)!).RunAsync(
                parsed.GetValue(shares)!, parsed.GetValue(count), parsed.GetValue(seed), Console.Error, cancellation);
            await Report.WriteAsync(arguments, result.Lines(), parsed.GetValue(results), cancellation);
            return result.Passed ? 0 : 1;
        });
        return command;
    }

    /// <summary><c>vitgrid-benchmarks watch</c>.</summary>
    public static Command Watch(string[] arguments, Option<string> model, Option<string> images, Option<string?> results)
    {
        Option<int> rounds = new("--rounds") { Description = "how often the two take turns", DefaultValueFactory = _ => 9 };
        Option<double> seconds = new("--seconds") { Description = "length of a turn", DefaultValueFactory = _ => 8 };
        Command command = new("watch", "what probes and the comparison of weights cost: a grid with and one without take turns in one run")
        {
            model, images, rounds, seconds, results,
        };
        command.SetAction(async (parsed, cancellation) => await Report.WriteAsync(
            arguments,
            await new WatchBenchmark(parsed.GetValue(model)!, parsed.GetValue(images)!).RunAsync(
                parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(seconds)), Console.Error, cancellation),
            parsed.GetValue(results),
            cancellation));
        return command;
    }
}
