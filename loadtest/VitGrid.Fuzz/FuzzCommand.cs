using System.CommandLine;
using System.Globalization;
using VitGrid.Fuzz.Targets;

namespace VitGrid.Fuzz;

/// <summary>The command line: gives changed inputs to every reader of what comes from outside, and says what became of them.</summary>
internal static class FuzzCommand
{
    private const double WantedBeyond = 0.3;

    private static readonly Option<long> Tries = new("--tries")
    {
        Description = "inputs of all targets together", DefaultValueFactory = _ => 2_000_000,
    };

    private static readonly Option<int> Seed = new("--seed")
    {
        Description = "equal seeds give equal inputs", DefaultValueFactory = _ => 1,
    };

    private static readonly Option<double?> Seconds = new("--seconds") { Description = "time for all targets together; none: no limit" };

    private static readonly Option<string[]> Names = new("--target")
    {
        Description = "only these: png, jpeg, gif, bmp, tiff, webp, json, form, features, infer, rpc, safetensors, config, frame, "
            + "cache, hash, tokenizer, pieces, text, tar",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string> Folder = new("--out")
    {
        Description = "where finds are written", DefaultValueFactory = _ => "out/fuzz",
    };

    private static readonly Option<string?> Goldens = new("--corpus")
    {
        Description = "inputs to begin with; none: tests/Golden of this clone",
    };

    private static readonly Option<long?> Replay = new("--replay") { Description = "gives only the input of this number, to one target" };

    /// <summary>The root command.</summary>
    public static RootCommand Create()
    {
        RootCommand root = new(
            "changed images, bodies, checkpoints, frames and Redis values for VitGrid's readers. Example: vitgrid-fuzz --tries 100000 "
                + "--target png")
        {
            Tries, Seed, Seconds, Names, Folder, Goldens, Replay,
        };
        root.SetAction(Run);
        return root;
    }

    private static int Run(ParseResult parsed)
    {
        string folder = Directory.CreateDirectory(parsed.GetValue(Folder)!).FullName;
        Corpus corpus = parsed.GetValue(Goldens) is { } path ? new(path) : Corpus.Find();
        string[] names = parsed.GetValue(Names) ?? [];
        FuzzTarget[] targets =
            [.. AllTargets.Create(corpus, folder).Where(target => names.Length == 0 || names.Contains(target.Name))];
        FuzzOptions options = new(
            Math.Max(1, parsed.GetValue(Tries) / Math.Max(1, targets.Length)), parsed.GetValue(Seed),
            parsed.GetValue(Seconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null, folder) { IsAlone = true };
        return parsed.GetValue(Replay) is { } number ? Again(options, targets, number) : RunAll(options, targets);
    }

    /// <summary>The input of one try alone, and whatever comes out of its reader.</summary>
    private static int Again(FuzzOptions options, FuzzTarget[] targets, long number)
    {
        foreach (FuzzTarget target in targets)
        {
            byte[] input = new FuzzRun(options).InputOf(target, number);
            string file = Path.Combine(options.Folder, string.Create(CultureInfo.InvariantCulture, $"{target.Name}-{number}"));
            File.WriteAllBytes(file, input);
            Console.WriteLine($"{file}: {target.Read(input)}");
        }
        return 0;
    }

    private static int RunAll(FuzzOptions options, FuzzTarget[] targets)
    {
        FuzzRun run = new(options);
        List<FuzzResult> results = [];
        Console.WriteLine("| target | tries | past the header | crashes | > 10 x memory | tries/s |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (FuzzTarget target in targets)
        {
            results.Add(run.Run(target, (results.Count + 1.0) / targets.Length));
            Console.WriteLine(Line(results[^1]));
        }
        foreach (Find find in results.SelectMany(result => result.Crashes.Concat(result.Growths)))
            Console.WriteLine($"{find.Target} {find.Try}: {find.What}{Environment.NewLine}  {find.File}");
        return results.Any(result => result.Crashes.Count + result.Growths.Count > 0) ? 1 : 0;
    }

    private static string Line(FuzzResult result) => string.Create(CultureInfo.InvariantCulture,
        $"| {result.Target} | {result.Tries:N0} | {result.BeyondPart:P1}{(result.BeyondPart < WantedBeyond ? " (few)" : "")} | "
        + $"{result.Crashes.Count} | {result.Growths.Count} | {result.Tries / Math.Max(0.001, result.Took.TotalSeconds):0} |");
}
