using System.CommandLine;
using Spectre.Console;
using VitGrid.Runtime.Execution;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Cluster;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary><c>vitgrid doctor</c>: says what is missing on this machine, or in a running grid, and how to get it.</summary>
internal static class DoctorVerb
{
    public static Verb Create(VerbContext context)
    {
        Option<bool> cluster = new("--cluster")
        {
            Description = "Examine a running grid instead: each Redis, each worker's version, clock, certificates and disks, and one image "
                + "through each replica",
        };
        Option<string?> redis = ClusterConnection.Redis();
        Option<string[]> frontEnds = new("--front-end")
        {
            Description = "A front end to be asked too, for it is no member of the grid; may be repeated. With keys, VITGRID_API_KEY holds "
                + "one with the scope metrics",
            HelpName = "URL",
        };
        Verb verb = new(
            "doctor",
            "Say what this machine has, what is missing, and how to get it. Exit code 1 when something needed is missing.",
            "vitgrid doctor",
            "vitgrid doctor --cluster --redis 127.0.0.1:6379",
            "vitgrid doctor --cluster --redis 127.0.0.1:6379 --front-end http://127.0.0.1:8080") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(cluster);
        verb.Add(redis);
        verb.Add(frontEnds);
        verb.SetAction(async (parsed, cancellation) => Print(context, parsed.GetValue(cluster)
            ? await GridDoctor.FindAsync(
                parsed, parsed.GetValue(redis), Urls(parsed.GetValue(frontEnds)),
                new(context.Variable("VITGRID_API_KEY") is { Length: > 0 } key ? key : null), cancellation)
            : Here(context, Only(parsed, frontEnds), cancellation)));
        return verb;
    }

    private static Uri[] Urls(string[]? frontEnds)
    {
        try
        {
            return [.. (frontEnds ?? []).Select(text => AskedServer.Read(text, "http://127.0.0.1:8080"))];
        }
        catch (FormatException exception)
        {
            throw new UsageException($"--front-end: {exception.Message}");
        }
    }

    /// <summary>Of this machine nothing is set but plug-ins, by <c>--config</c>.</summary>
    private static RuntimeOptions Only(ParseResult parsed, Option<string[]> frontEnds)
    {
        if (parsed.UnmatchedTokens is [var stranger, ..])
            throw new UsageException($"'{stranger}' is not known here; settings of a grid go with --cluster");
        return parsed.GetResult(frontEnds) is null
            ? ConfiguredRuntime.In(parsed) : throw new UsageException("--front-end goes with --cluster: it is a part of a running grid");
    }

    private static Finding[] Here(VerbContext context, RuntimeOptions runtime, CancellationToken cancellationToken) =>
        [
            MachineChecks.System(),
            MachineChecks.Processor(),
            MachineChecks.EightBits(),
            MachineChecks.Memory(),
            .. SoftwareChecks.Libraries(),
            SoftwareChecks.Images(),
            SoftwareChecks.DefaultModel(context.Roots, cancellationToken),
            SoftwareChecks.Repository(context.Roots),
            .. MachineChecks.Cards(DeviceInventory.Read(runtime.Backends)),
            .. PluginChecks.Find(runtime, context.Variable),
        ];

    private static int Print(VerbContext context, Finding[] findings)
    {
        if (context.Terminal.OutIsTerminal)
            context.Terminal.OutConsole().Write(Draw(findings));
        else
            Array.ForEach(findings, finding => context.Terminal.Out.WriteLine(Line(finding)));
        int missing = findings.Count(finding => finding.Health == Health.Missing);
        context.Terminal.Say(missing == 0
            ? "everything needed is there" : $"vitgrid: {missing} needed things are missing; the remedies stand beside them");
        return missing == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static string Line(Finding finding) =>
        JsonLines.Line(new { finding.Subject, health = Word(finding.Health), finding.Fact, finding.Remedy });

    private static Table Draw(IEnumerable<Finding> findings)
    {
        Table table = new Table().AddColumns("", "", "found", "to do");
        foreach (Finding finding in findings)
            table.AddRow(new Text(finding.Subject), new Text(Word(finding.Health)), new Text(finding.Fact), new Text(finding.Remedy ?? ""));
        return table;
    }

    private static string Word(Health health) => health switch
    {
        Health.Good => "ok",
        Health.Optional => "optional",
        _ => "missing",
    };
}
