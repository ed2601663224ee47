using System.CommandLine;
using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Trials;

/// <summary>
/// <c>overload</c>, <c>lanes</c>, <c>steady</c>, <c>tenants</c> and <c>attacks</c>: each starts a server, loads it and says which figures
/// held.
/// </summary>
internal sealed class TrialCommands(Option<string> server, Option<string?> results)
{
    private const string Light = "light", Flood = "flood", Attacker = "attacker";

    private readonly Option<string> _mix = new(
        "--mix") { Description = "images, as bench takes them", DefaultValueFactory = _ => "jpeg:640x480" };
    private readonly Argument<string[]> _arguments = new(
        "serve-arguments") { Description = "after --: passed on to vitgrid serve", Arity = ArgumentArity.ZeroOrMore };

    /// <summary>All of them.</summary>
    public static IEnumerable<Command> Create(Option<string> server, Option<string?> results) => new TrialCommands(server, results).All();

    private IEnumerable<Command> All()
    {
        Option<int> timeout = new("--timeout-ms") { Description = "what each request gives the server", DefaultValueFactory = _ => 2_000 };
        yield return Make("overload", "ten times the load a server carries. Example: vitgrid-loadtest overload --seconds 120", 30, [
            timeout], async (loaded, options, parsed, cancellation) =>
            ([], await Overload.RunAsync(
                loaded, options with { Shape = options.Shape with { TimeoutMs = parsed.GetValue(timeout) } }, cancellation)));
        yield return Make("lanes", "the interactive lane under a saturating bulk lane. Example: vitgrid-loadtest lanes --seconds 30", 20,
            [], async (loaded, options, _, cancellation) =>
            ([], await Lanes.RunAsync(loaded, options, cancellation)));
        Option<int> interval = new("--interval") { Description = "seconds of a line", DefaultValueFactory = _ => 60 };
        yield return Make("steady", "80 % of what a server carries, for long. Example: vitgrid-loadtest steady --seconds 1800", 1_800, [
            interval], (loaded, options, parsed, cancellation) =>
            Steady.RunAsync(loaded, options with { Interval = TimeSpan.FromSeconds(parsed.GetValue(interval)) }, cancellation));
        Option<int> rounds = new("--rounds") { Description = "how often both scenes are measured", DefaultValueFactory = _ => 5 };
        Option<int> requests = new("--requests") { Description = "requests that count in a scene", DefaultValueFactory = _ => 5_000 };
        Option<string> device = new("--device")
        {
            Description = "what computes: a card that only takes time, the processor, or one after the other",
            DefaultValueFactory = _ => TrialDevice.Both,
        };
        device.AcceptOnlyFromAmong("timed", "cpu", TrialDevice.Both);
        Option<double> batchTime = new("--batch-ms") { Description = "what a batch takes of the card", DefaultValueFactory = _ => 20 };
        Option<double> imageTime = new("--image-ms") { Description = "what each image of it takes", DefaultValueFactory = _ => 2.5 };
        yield return Make("tenants", "one tenant beside another's flood. Example: vitgrid-loadtest tenants --rounds 1 --requests 500", 0,
            [rounds, requests, device, batchTime, imageTime], (loaded, options, parsed, cancellation) => new Tenants(
                parsed.GetValue(rounds), parsed.GetValue(requests), loaded.Keys[Light], loaded.Keys[Flood], loaded.Device)
                .RunAsync(loaded, options, cancellation),
            parsed => Devices(parsed.GetValue(device)!, TrialDevice.Timed(parsed.GetValue(batchTime), parsed.GetValue(imageTime))),
            keys: [Light, Flood]);
        Option<string> bombs = new("--bombs")
        {
            Description = "folder of the costly images; none: those of this clone's tests",
            DefaultValueFactory = _ => Path.Combine("tests", "Golden", "bombs"),
        };
        yield return Make("attacks", "a client beside each of several attacks. Example: vitgrid-loadtest attacks --seconds 20", 20,
            [bombs], (loaded, options, parsed, cancellation) => new Attacks(
                loaded.Keys[Light], loaded.Keys[Attacker], parsed.GetValue(bombs)!)
                .RunAsync(loaded, options, cancellation), keys: [Light, Attacker]);
    }

    private static IReadOnlyList<TrialDevice> Devices(string asked, TrialDevice timed) =>
        [.. new[] { timed, TrialDevice.Processor }.Where(device => asked == TrialDevice.Both || asked == device.Name)];

    private Command Make(
        string name, string what, int seconds, Option[] more,
        Func<LoadedServer, BenchOptions, ParseResult, CancellationToken, Task<(IReadOnlyList<string>, IReadOnlyList<Check>)>> run,
        Func<ParseResult, IReadOnlyList<TrialDevice>>? devices = null, params string[] keys)
    {
        Option<int> length = new("--seconds") { Description = "seconds of the load", DefaultValueFactory = _ => seconds };
        Command command = new(name, what) { server, _mix, length, results, _arguments };
        foreach (Option option in more)
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            List<string> lines = [];
            List<Check> checks = [];
            foreach (TrialDevice device in devices?.Invoke(parsed) ?? [TrialDevice.AsTold])
            {
                using LoadedServer loaded = await LoadedServer.StartAsync(
                    parsed.GetValue(server)!, parsed.GetValue(_arguments) ?? [], keys, cancellation, device);
                BenchOptions options = new()
                {
                    Address = loaded.Address,
                    Mix = ImageKind.ParseMix(parsed.GetValue(_mix)!),
                    Duration = TimeSpan.FromSeconds(parsed.GetValue(length)),
                    Shape = new() { Form = RequestForm.Raw, Cache = "bypass" },
                };
                (IReadOnlyList<string> told, IReadOnlyList<Check> found) = await run(loaded, options, parsed, cancellation);
                lines.AddRange(told);
                checks.AddRange(found);
            }
            await PrintAsync(lines, checks, parsed.GetValue(results), cancellation);
            return checks.All(check => check.Holds) ? 0 : 1;
        });
        return command;
    }

    private static async Task PrintAsync(
        IEnumerable<string> lines, IEnumerable<Check> checks, string? file, CancellationToken cancellationToken)
    {
        string command = $"vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}";
        string text = string.Join(Environment.NewLine, [Machine.Line(), command, .. lines, .. checks.Select(check => check.ToString())]);
        Console.WriteLine(text);
        if (file is not null)
            await File.AppendAllTextAsync(
                file, $"```{Environment.NewLine}{text}{Environment.NewLine}```{Environment.NewLine}", cancellationToken);
    }
}
