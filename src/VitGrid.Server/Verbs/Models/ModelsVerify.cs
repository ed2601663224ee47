using System.CommandLine;
using Spectre.Console;
using VitGrid.Client;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;
using VitGrid.Server.Api;
using VitGrid.Server.Api.Pages;

namespace VitGrid.Server.Verbs.Models;

/// <summary><c>vitgrid models verify</c>: reads a checkpoint as the grid would and says what it found.</summary>
internal static class ModelsVerify
{
    private const int UnusedShown = 20;
    private const string Folder = "folder";

    public static Verb Create(VerbContext context)
    {
        Argument<string> model = ModelArgument.Create();
        Option<bool> scan = new("--scan") { Description = "Also read every weight and refuse infinities and NaN" };
        Verb verb = new(
            "verify",
            "Check every tensor of a checkpoint against its config and print what it is.",
            "vitgrid models verify internvit-nano",
            "vitgrid models verify ~/models/InternViT-300M-448px-V2_5 --scan") { model, scan };
        verb.SetAction((parsed, cancellation) => Task.FromResult(
            Run(context, parsed.GetRequiredValue(model), parsed.GetValue(scan), cancellation)));
        return verb;
    }

    private static int Run(VerbContext context, string wanted, bool scan, CancellationToken cancellationToken)
    {
        LocatedModel model = new ModelLocator(context.Roots).Find(wanted);
        using Checkpoint checkpoint = Checkpoint.Open(model.Directory);
        string[] broken = scan ? [.. WeightScan.NotFinite(checkpoint, cancellationToken)] : [];
        Print(context.Terminal, Describe(model, checkpoint, scan ? broken : null, cancellationToken));
        if (broken.Length == 0)
            return ExitCode.Done;
        context.Terminal.Say($"vitgrid: {broken.Length} tensors hold infinities or NaN, first {broken[0]}; the checkpoint is damaged, "
            + $"fetch it again");
        return ExitCode.Failed;
    }

    private static Finding Describe(LocatedModel model, Checkpoint checkpoint, string[]? broken, CancellationToken cancellationToken) =>
        new(
        model.Name,
        checkpoint.Directory,
        ArchitectureText.Describe(checkpoint.Architecture),
        PreprocessingFacts.Describe(checkpoint.Preprocessing),
        PositionText.Describe(checkpoint),
        checkpoint.Naming,
        checkpoint.ParameterCount,
        checkpoint.StoredType.ToString(),
        checkpoint.WeightBytes,
        checkpoint.ComputeFingerprint(cancellationToken),
        checkpoint.UnusedTensors.Count,
        [.. checkpoint.UnusedTensors.Take(UnusedShown)],
        broken);

    private static void Print(Terminal terminal, Finding finding)
    {
        if (!terminal.OutIsTerminal)
        {
            terminal.Out.WriteLine(JsonLines.Line(finding));
            return;
        }
        Grid grid = new Grid().AddColumns(2);
        foreach (ModelFact fact in Facts(finding))
            grid.AddRow(new Text(fact.Name), new Text(fact.Value));
        terminal.OutConsole().Write(grid);
    }

    /// <summary>Reads a model whole and tells what it is, as the verb does, without where it lies.</summary>
    /// <exception cref="CheckpointException">It is none that can be served.</exception>
    public static IReadOnlyList<ModelFact> Facts(LocatedModel model, CancellationToken cancellationToken)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model.Directory);
        return [.. Facts(Describe(model, checkpoint, null, cancellationToken)).Where(fact => fact.Name != Folder)];
    }

    private static IEnumerable<ModelFact> Facts(Finding finding)
    {
        string more = finding.Unused > UnusedShown ? ", …" : "";
        yield return new("model", finding.Name);
        yield return new(Folder, finding.Directory);
        yield return new("architecture", finding.Architecture);
        yield return new("images", PreprocessingFacts.Line(finding.Preprocessing));
        yield return new("positions", finding.Positions);
        yield return new("tensor names", finding.Naming);
        yield return new("parameters", Amounts.Count(finding.Parameters));
        yield return new("stored as", $"{finding.StoredType}, {Amounts.Bytes(finding.Bytes)}");
        yield return new("fingerprint", finding.Fingerprint);
        yield return new("unused tensors",
            finding.Unused == 0 ? "none" : $"{finding.Unused}: {string.Join(", ", finding.UnusedTensors)}{more}");
        yield return new("not finite", finding.NotFinite is { } broken ? broken.Count == 0 ? "none" : string.Join(
            ", ", broken) : "not scanned (--scan)");
    }

    private sealed record Finding(
        string Name, string Directory, string Architecture, PreprocessingDescription Preprocessing, string Positions, string Naming,
        long Parameters, string StoredType, long Bytes, string Fingerprint, int Unused, IReadOnlyList<string> UnusedTensors,
        IReadOnlyList<string>? NotFinite);
}
