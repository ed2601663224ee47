using System.CommandLine;

namespace VitGrid.Benchmarks.Tokenizing;

/// <summary><c>vitgrid-benchmarks tokenizer</c>.</summary>
internal static class TokenizerCommand
{
    public static Command Create(string[] arguments, Option<string?> results)
    {
        Option<string> folder = new("--tokenizer")
        {
            Description = "folder with CLIP's vocab.json and merges.txt", DefaultValueFactory = _ => "tests/Golden/text/tokenizers/clip",
        };
        Option<int> captions = new("--captions") { Description = "captions of 5–25 words", DefaultValueFactory = _ => 100_000 };
        Option<int> seed = new("--seed") { Description = "equal seeds give equal captions", DefaultValueFactory = _ => 1 };
        Command command = new(
            "tokenizer", "CLIP's tokenizer beside Microsoft.ML.Tokenizers' BpeTokenizer on the same captions, one thread, one run")
        {
            folder, captions, seed, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            TokenizerBenchmark benchmark = new(parsed.GetValue(folder)!, parsed.GetValue(captions), parsed.GetValue(seed));
            await Report.WriteAsync(arguments, benchmark.Run(), parsed.GetValue(results), cancellation);
        });
        return command;
    }
}
