using System.CommandLine;
using System.Globalization;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;

namespace VitGrid.Server.Verbs.Models;

/// <summary><c>vitgrid models random</c>: a checkpoint of a published shape with made-up weights, to size machines with.</summary>
internal static class ModelsRandom
{
    private static string KnownNames => string.Join(", ", RandomCheckpoint.Architectures.Keys);

    public static Verb Create(VerbContext context)
    {
        Argument<string> architecture = new("ARCH") { Description = $"One of {KnownNames}" };
        Option<string> folder = new(
            "--out") { Description = "A new or empty folder for the checkpoint", HelpName = "DIR", Required = true };
        Option<int?> seed = ValueOption.Number("--seed", "S", "The same seed gives the same weights [default: 0]", 0, int.MaxValue);
        Option<TensorType> type = ValueOption.Choice(
            "--dtype", "Element type of the weights", ("bf16", TensorType.BF16), ("fp32", TensorType.F32));
        type.DefaultValueFactory = _ => TensorType.BF16;
        Verb verb = new(
            "random",
            "Write a checkpoint of a published shape with seeded random weights: right in size and speed, meaningless in its vectors.",
            "vitgrid models random internvit-300m-448px --out ./random-300m") { architecture, folder, seed, type };
        verb.SetAction((parsed, cancellation) => RunAsync(
            context,
            parsed.GetRequiredValue(architecture),
            parsed.GetRequiredValue(folder),
            parsed.GetValue(seed) ?? 0,
            parsed.GetValue(type),
            cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(
        VerbContext context, string architecture, string folder, int seed, TensorType type, CancellationToken cancellationToken)
    {
        if (!RandomCheckpoint.Architectures.ContainsKey(architecture))
            throw new UsageException($"ARCH: '{architecture}' is not one of {KnownNames}");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new VerbException($"--out: '{folder}' is not empty; name a new folder");

        await ProgressDisplay.RunAsync(context.Terminal, $"writing {architecture}", context.Terminal.ErrorIsTerminal, report => Task.Run(
            () => RandomCheckpoint.Write(
                architecture, folder, (ulong)seed, type, new Reporter(report), cancellationToken), cancellationToken));
        using Checkpoint written = Checkpoint.Open(folder);
        context.Terminal.Say(string.Create(CultureInfo.InvariantCulture,
            $"wrote {ArchitectureText.Describe(written.Architecture)}, {Amounts.Bytes(written.WeightBytes)}{TextTower(written)} to "
                + $"{written.Directory}; its vectors "
                + $"mean nothing"));
        return ExitCode.Done;
    }

    private static string TextTower(Checkpoint written) =>
        written.TextTower is { } tower ? $", and its text tower, {Amounts.Bytes(tower.WeightBytes)}," : "";

    /// <summary>Unlike <see cref="Progress{T}"/>, calls at once and in order.</summary>
    private sealed class Reporter(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
