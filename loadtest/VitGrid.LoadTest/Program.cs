using System.CommandLine;
using VitGrid.LoadTest;
using VitGrid.LoadTest.BeforeAfter;
using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.CacheTrouble;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Flights;
using VitGrid.LoadTest.Indexing;
using VitGrid.LoadTest.Objects;
using VitGrid.LoadTest.Pages;
using VitGrid.LoadTest.Protocols;
using VitGrid.LoadTest.Sick;
using VitGrid.LoadTest.Spread;
using VitGrid.LoadTest.Trials;

Option<string> server = new(
    "--server") { Description = "vitgrid.dll to start", DefaultValueFactory = _ => "src/VitGrid.Server/bin/Release/net10.0/vitgrid.dll" };
Option<string> images = new("--pictures") { Description = "folder of PNG files to send", DefaultValueFactory = _ => "docs/images" };
Option<int> clients = new("--clients") { Description = "requests under way at once", DefaultValueFactory = _ => 64 };
Option<int> seconds = new("--seconds") { Description = "steady load before Ctrl-C", DefaultValueFactory = _ => 60 };
Option<string?> results = new("--out") { Description = "append the report to this file" };
Argument<string[]> serverArguments = new(
    "serve-arguments") { Description = "after --: passed on to vitgrid serve", Arity = ArgumentArity.ZeroOrMore };

Command soak = new("soak",
    "closed-loop load with every answer checked, then Ctrl-C in mid-load. Example: vitgrid-loadtest soak --seconds 60 -- --segments 2 "
        + "--devices cpu:0,cpu:1")
{
    server, images, clients, seconds, results, serverArguments,
};
soak.SetAction(async (parsed, cancellation) =>
{
    SoakOptions options = new(
        parsed.GetValue(server)!, parsed.GetValue(images)!, parsed.GetValue(clients), parsed.GetValue(seconds), parsed.GetValue(
            serverArguments) ?? []);
    SoakReport report = await new Soak(options, Console.Error).RunAsync(cancellation);
    string text = string.Join(Environment.NewLine, [Machine.Line(), .. report.Lines()]);
    Console.WriteLine(text);
    if (parsed.GetValue(results) is { } file)
        await File.AppendAllTextAsync(file, $"```{Environment.NewLine}{text}{Environment.NewLine}```{Environment.NewLine}", cancellation);
    return report.Passed ? 0 : 1;
});

Command bench = new("bench", BenchCommand.Description);
BenchCommand.Fill(bench, BenchOutput.OfThisProcess());

const int WrongUsage = 64;
RootCommand root = new("VitGrid's load test")
{
    bench,
    soak,
    FailuresCommand.Create(server, images, results),
    SickCommand.Create(server, images, results),
    SpreadCommand.Create(server, results),
    BeforeAfterCommand.Create(results),
    CacheTroubleCommand.Create(server, images, results),
    FlightsCommand.Create(server, results),
    ProtocolsCommand.Create(server, results),
    PagesCommand.Create(server, results),
    IndexChaosCommand.Create(server, results),
    RedisFailoverCommand.Create(server, results),
    IndexRateCommand.Create(server, clients, results, serverArguments),
    S3ServerCommand.Create(),
    IndexSourcesCommand.Create(server, results, serverArguments),
};
foreach (Command trial in TrialCommands.Create(server, results))
    root.Subcommands.Add(trial);
ParseResult command = root.Parse(args);
int code = await command.InvokeAsync();
return command.Errors.Count > 0 ? WrongUsage : code;
