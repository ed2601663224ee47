using System.CommandLine;

namespace VitGrid.Benchmarks.Tls;

/// <summary><c>tls</c>, and the hidden <c>tls-peer</c> that its child process runs.</summary>
internal static class TlsCommand
{
    public static Command Create(string[] arguments, Option<string?> results)
    {
        Option<int> milliseconds = new("--image-ms")
        {
            Description = "processor time of an image, 0 for none",
            DefaultValueFactory = _ => 20,
        };
        Option<int> bytes = new("--image-bytes") { Description = "pixels of an image", DefaultValueFactory = _ => 448 * 448 * 3 };
        Option<int> seconds = new("--seconds") { Description = "length of a turn", DefaultValueFactory = _ => 2 };
        Option<int> rounds = new("--rounds") { Description = "turns of each way; medians are printed", DefaultValueFactory = _ => 5 };
        Command command = new(
            "tls", "images a second between two processes with mutual TLS beside the same in plaintext, taking turns in one run")
        {
            milliseconds, bytes, seconds, rounds, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            TlsQuestion question = new(parsed.GetValue(milliseconds), parsed.GetValue(bytes), TimeSpan.FromSeconds(
                parsed.GetValue(seconds)), parsed.GetValue(rounds));
            await Report.WriteAsync(
                arguments, await TlsBenchmark.RunAsync(question, cancellation), parsed.GetValue(results), cancellation);
        });
        return command;
    }

    /// <summary>The hidden command.</summary>
    public static Command Peer()
    {
        Argument<string> folder = new("folder");
        Argument<int> milliseconds = new("image-ms");
        Command command = new("tls-peer") { folder, milliseconds };
        command.Hidden = true;
        command.SetAction((parsed, _) => TlsPeer.RunAsync(parsed.GetValue(folder)!, parsed.GetValue(milliseconds)));
        return command;
    }
}

/// <summary>What is measured.</summary>
/// <param name="Milliseconds">Processor time of an image.</param>
/// <param name="Bytes">Its pixels.</param>
/// <param name="Turn">Length of a turn.</param>
/// <param name="Rounds">Turns of each way.</param>
internal sealed record TlsQuestion(int Milliseconds, int Bytes, TimeSpan Turn, int Rounds);
