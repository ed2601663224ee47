using System.CommandLine;

namespace VitGrid.LoadTest.Protocols;

/// <summary><c>protocols</c>: what each protocol carries of one server.</summary>
internal static class ProtocolsCommand
{
    /// <summary>The command with its options.</summary>
    public static Command Create(Option<string> server, Option<string?> results)
    {
        Option<int> clients = new("--clients") { Description = "clients, each with one image at a time", DefaultValueFactory = _ => 8 };
        Option<int> rounds = new("--rounds") { Description = "how often the protocols take turns", DefaultValueFactory = _ => 7 };
        Option<double> seconds = new("--seconds") { Description = "seconds of a protocol's turn", DefaultValueFactory = _ => 5 };
        Argument<string[]> arguments = new("serve-arguments")
        {
            Description = "after --: passed on to vitgrid serve", Arity = ArgumentArity.ZeroOrMore,
        };
        Command command = new("protocols",
            "raw JPEG files by OpenAI's way and by KServe's over HTTP and gRPC, taking turns at one server, closed loop. "
                + "Example: vitgrid-loadtest protocols --rounds 3 --seconds 2")
        {
            server, clients, rounds, seconds, results, arguments,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            ProtocolsOptions options = new(
                parsed.GetValue(server)!, parsed.GetValue(clients), parsed.GetValue(rounds),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(arguments) ?? []);
            (IReadOnlyList<string> lines, bool holds) = await new ProtocolsRun(options, Console.Error).RunAsync(cancellation);
            string text = string.Join(
                Environment.NewLine, [Machine.Line(), "", $"`vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}`",
                    "", .. lines]);
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return holds ? 0 : 1;
        });
        return command;
    }
}

/// <summary>A run of <c>protocols</c>.</summary>
/// <param name="Server">Path of vitgrid.dll.</param>
/// <param name="Clients">Clients, each with one image at a time.</param>
/// <param name="Rounds">How often the protocols take turns.</param>
/// <param name="Turn">Length of a turn.</param>
/// <param name="Arguments">Further arguments of <c>vitgrid serve</c>.</param>
internal sealed record ProtocolsOptions(string Server, int Clients, int Rounds, TimeSpan Turn, IReadOnlyList<string> Arguments);
