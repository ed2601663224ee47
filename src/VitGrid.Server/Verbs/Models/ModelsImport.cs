using System.CommandLine;
using VitGrid.Model.Checkpoints;

namespace VitGrid.Server.Verbs.Models;

/// <summary><c>vitgrid models import</c>: adds a checkpoint to the repository under a name.</summary>
internal static class ModelsImport
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> folder = new("DIR")
        {
            Description = "The checkpoint's folder, with config.json and safetensors files, or a Hugging Face id in the local cache",
        };
        Option<string?> name = ValueOption.From<string?>("--name", "NAME", "The name to serve it under", ReadName);
        name.Required = true;
        Option<bool> link = new("--link") { Description = "Keep the files where they are and store a link" };
        Verb verb = new(
            "import",
            "Check a checkpoint and copy what its encoder needs (or link it) into the model repository.",
            "vitgrid models import ~/downloads/InternViT-300M-448px-V2_5 --name internvit-300m-448px-v2.5") { folder, name, link };
        verb.SetAction((parsed, cancellation) => RunAsync(
            context, parsed.GetRequiredValue(folder), parsed.GetRequiredValue(name)!, parsed.GetValue(link), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, string folder, string name, bool link, CancellationToken cancellationToken)
    {
        ModelLocator locator = new(context.Roots);
        string source = locator.FindOutside(folder)?.Directory ?? throw new UsageException($"DIR: '{folder}' is not a folder");
        if (locator.Known().FirstOrDefault(model => model.Name == name) is { } taken)
            throw new VerbException(
                $"--name: '{name}' is taken by {taken.Directory} ({taken.OriginName}); choose another name, or delete that folder");

        CheckpointCopy copy;
        using (Checkpoint checkpoint = Checkpoint.Open(source))
        {
            copy = new(checkpoint);
            context.Terminal.Say($"{source}: {ArchitectureText.Describe(checkpoint.Architecture)}, "
                + $"{Amounts.Bytes(checkpoint.WeightBytes)}");
        }
        Directory.CreateDirectory(context.Roots.Imported);
        string target = Path.Combine(context.Roots.Imported, name);
        if (link)
            Directory.CreateSymbolicLink(target, source);
        else
            await CopyAsync(context, copy, target, cancellationToken);
        context.Terminal.Say($"imported as {name}: vitgrid serve --model {name}");
        return ExitCode.Done;
    }

    private static Task CopyAsync(VerbContext context, CheckpointCopy copy, string target, CancellationToken cancellationToken)
    {
        long free = context.FreeBytes(context.Roots.Imported);
        if (copy.Bytes > free)
        {
            throw new VerbException(
                $"the copy needs {Amounts.Bytes(copy.Bytes)} and {context.Roots.Imported} has {Amounts.Bytes(free)} free; "
                + "make room, set VITGRID_HOME to a folder on a larger disk, or leave the files where they are with --link");
        }
        return ProgressDisplay.RunAsync(
            context.Terminal,
            $"copying {Amounts.Bytes(copy.Bytes)} to {target}",
            context.Terminal.ErrorIsTerminal,
            report => copy.RunAsync(target, report, cancellationToken));
    }

    private static string ReadName(string text) =>
        text.Length is > 0 and <= 128 && text[0] != '.'
            && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.')
            ? text
            : throw new FormatException($"'{text}' is not 1–128 letters, digits, '-', '_' and '.' that do not begin with '.'");
}
