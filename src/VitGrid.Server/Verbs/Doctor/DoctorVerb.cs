using Spectre.Console;
using VitGrid.Runtime.Execution;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary><c>vitgrid doctor</c>: says what is missing on this machine and how to get it.</summary>
internal static class DoctorVerb
{
    public static Verb Create(VerbContext context)
    {
        Verb verb = new(
            "doctor",
            "Say what this machine has, what is missing, and how to get it. Exit code 1 when something needed is missing.",
            "vitgrid doctor");
        verb.SetAction((parsed, cancellation) => Task.FromResult(Run(context, ConfiguredRuntime.In(parsed), cancellation)));
        return verb;
    }

    private static int Run(VerbContext context, RuntimeOptions runtime, CancellationToken cancellationToken)
    {
        Finding[] findings =
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
