using System.CommandLine;

namespace VitGrid.Benchmarks.Hits;

/// <summary><c>vitgrid-benchmarks hits</c>, and the hidden <c>bare-kestrel</c> that its peer runs.</summary>
internal static class HitsCommand
{
    public static Command Create(string[] arguments, Option<string?> results)
    {
        Option<string> server = new(
            "--server") { Description = "vitgrid.dll to start",
                DefaultValueFactory = _ => "src/VitGrid.Server/bin/Release/net10.0/vitgrid.dll" };
        Option<string> model = new(
            "--model") { Description = "the model whose vectors are cached",
                DefaultValueFactory = _ => "src/VitGrid.Server/models/internvit-nano" };
        Option<int> bytes = new("--picture-bytes") { Description = "size of each image", DefaultValueFactory = _ => 100_000 };
        Option<int> batch = new("--batch") { Description = "images a request: 1 as a raw body, else a form", DefaultValueFactory = _ => 1 };
        Option<int> rounds = new("--rounds") { Description = "how often the two take turns", DefaultValueFactory = _ => 5 };
        Option<double> seconds = new("--seconds") { Description = "seconds a turn", DefaultValueFactory = _ => 2 };
        Option<string> scratch = new(
            "--scratch") { Description = "where the answer to repeat is kept", DefaultValueFactory = _ => "out/compare" };
        Option<bool> key = new("--key") { Description = "a server that needs keys takes its turn too" };
        Command command = new("hits",
            "cache hits over HTTP beside a bare Kestrel endpoint that reads the same body, hashes it and returns the same bytes")
        {
            server, model, bytes, batch, rounds, seconds, key, scratch, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            HitsQuestion question = new(
                parsed.GetValue(server)!, parsed.GetValue(model)!, parsed.GetValue(bytes), parsed.GetValue(batch), parsed.GetValue(
                    rounds), parsed.GetValue(seconds)) { WithKey = parsed.GetValue(key) };
            IReadOnlyList<string> lines = await new HitsBenchmark(question, parsed.GetValue(scratch)!, Console.Error).RunAsync(
                cancellation);
            await Report.WriteAsync(arguments, lines, parsed.GetValue(results), cancellation);
        });
        return command;
    }

    /// <summary>The hidden command.</summary>
    public static Command Peer()
    {
        Argument<string> url = new("url"), answer = new("answer");
        Command command = new("bare-kestrel") { url, answer };
        command.Hidden = true;
        command.SetAction((parsed, _) => BareKestrel.RunAsync(parsed.GetValue(url)!, parsed.GetValue(answer)!));
        return command;
    }
}
